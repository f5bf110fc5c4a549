// `npm run owner-link`: works while Flowbook runs, on the same FLOWBOOK_DATA.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { appDir, dataDir } from "./setup.mjs";

process.chdir(appDir);
const file = join(dataDir(), "secrets", "database-url");
if (!process.env.DATABASE_URL && existsSync(file)) process.env.DATABASE_URL = readFileSync(file, "utf8").trim();
try {
  await import("../dist/owner-link.mjs");
} catch (error) {
  process.stderr.write(`No link could be made: ${error.message}\nIs Flowbook running? Start it by npm start.\n`);
  process.exit(1);
}
