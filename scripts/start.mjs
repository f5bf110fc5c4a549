// `npm start`: checks, sets up, builds, starts. Plain Node, as nothing is installed yet on a fresh machine.
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { appDir, setUp } from "./setup.mjs";
import { makeProgress } from "./stages.mjs";

const isDev = process.argv.includes("--dev");
const progress = makeProgress();
process.chdir(appDir);

try {
  const { tools } = await setUp({ progress, withBuild: !isDev });
  if (isDev && !process.execArgv.includes("tsx")) {
    await tools;
    // Server code runs from its source; pages are compiled as they are asked for.
    const child = spawn(process.execPath, ["--import", "tsx", "scripts/dev.ts"], { stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
    child.on("exit", (code) => process.exit(code ?? 1));
  } else {
    const { supervise } = await import(pathToFileURL(join(appDir, "dist", "main.mjs")).href);
    await supervise({ progress, isDev: false, tools });
  }
} catch (error) {
  progress.fail(error.message);
  process.exit(1);
}
