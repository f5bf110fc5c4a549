// Writes the Prisma client into generated/. No engine is downloaded: /bin/false is the safe dummy (docs/decisions).
import { spawnSync } from "node:child_process";
const r = spawnSync(process.execPath, ["node_modules/prisma/build/index.js", "generate"], {
  stdio: ["ignore", "pipe", "pipe"], encoding: "utf8",
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: "/bin/false", PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" },
});
if (r.status !== 0) { process.stderr.write(`${r.stdout}${r.stderr}`); process.exit(r.status ?? 1); }
