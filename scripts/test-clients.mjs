// `npm run test:clients`: a fresh, empty server, and every MLflow client that this machine has or can fetch, in full.
import { spawn } from "node:child_process";
import { appDir, setUp } from "./setup.mjs";
import { makeProgress } from "./stages.mjs";

process.chdir(appDir);
const progress = makeProgress();
try {
  await (await setUp({ progress, withBuild: true })).tools;
} catch (error) {
  progress.fail(error.message);
  process.exit(1);
}
const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "clients", "--reporter=verbose", ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, FLOWBOOK_CLIENTS: "full", FLOWBOOK_LOG_LEVEL: process.env.FLOWBOOK_LOG_LEVEL ?? "warn" },
});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code) => process.exit(code ?? 1));
