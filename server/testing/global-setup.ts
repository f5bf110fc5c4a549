import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../migrate";
import { ensureDatabase, startPostgres } from "../supervisor/postgres";

/** One real PostgreSQL for the whole test run, with a migrated template that each test file copies. */
export default async function setup({ provide }: { provide: (key: "adminUrl", value: string) => void }) {
  const dataDir = mkdtempSync(join(tmpdir(), "flowbook-test-"));
  const postgres = await startPostgres({ dataDir, appDir: process.cwd(), isThrowaway: true });
  const adminUrl = postgres.url.replace(/\/flowbook$/, "/postgres");
  await ensureDatabase(adminUrl, "template_flowbook");
  await migrate(process.cwd(), postgres.url.replace(/\/flowbook$/, "/template_flowbook"));
  provide("adminUrl", adminUrl);
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

declare module "vitest" {
  interface ProvidedContext {
    adminUrl: string;
  }
}
