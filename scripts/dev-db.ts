/*
 * Starts a throw-away PostgreSQL with this version's records and prints its address; for working on one room alone.
 *   npx tsx scripts/dev-db.ts /tmp/my-folder         # stays in the foreground; Ctrl-C stops it
 *   npx tsx scripts/dev-db.ts /tmp/my-folder --sql   # prints the SQL of the whole schema and ends
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import pg from "pg";
import { migrate, schemaSql } from "../server/migrate";
import { startPostgres } from "../server/supervisor/postgres";

const dataDir = resolve(process.argv[2] ?? "/tmp/flowbook-dev-db");
mkdirSync(dataDir, { recursive: true });
const appDir = process.cwd();
const postgres = await startPostgres({ dataDir, appDir, isThrowaway: true });
if (process.argv.includes("--sql")) {
  process.stdout.write(await schemaSql(appDir, postgres.url, process.argv.includes("--from-database") ? "database" : "empty"));
  await postgres.stop();
} else {
  if (process.argv.includes("--push")) {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await client.query(await schemaSql(appDir, postgres.url, "empty"));
    await client.end();
  } else {
    await migrate(appDir, postgres.url);
  }
  process.stdout.write(`DATABASE_URL=${postgres.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void postgres.stop().then(() => process.exit(0)));
}
