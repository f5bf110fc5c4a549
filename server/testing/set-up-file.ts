import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";

/*
 * Runs before each *.db.test.ts is imported (the environment is read once, at import): a database of its own, copied from the
 * migrated template, and a data folder of its own. Both are gone afterwards.
 */

const name = `test_${Math.random().toString(36).slice(2)}`;
const dataDir = mkdtempSync(join(tmpdir(), "flowbook-data-"));
process.env.FLOWBOOK_DATA = dataDir;
process.env.FLOWBOOK_AUTH = "open";
process.env.FLOWBOOK_LOG_LEVEL ??= "silent";
process.env.DATABASE_URL = inject("adminUrl").replace(/\/postgres$/, `/${name}`);

async function admin(sql: string) {
  const client = new pg.Client({ connectionString: inject("adminUrl") });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

beforeAll(() => admin(`CREATE DATABASE ${name} TEMPLATE template_flowbook`));
afterAll(async () => {
  const { stopListening } = await import("../changes");
  const { disconnect } = await import("../db");
  await stopListening();
  await disconnect();
  await admin(`DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(dataDir, { recursive: true, force: true });
});
