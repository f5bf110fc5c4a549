#!/usr/bin/env node
// `npx flowbook <command>`: the same as `npm run <command> -- …`, from anywhere below the folder.
import { spawnSync } from "node:child_process";
import { appDir } from "./setup.mjs";

const commands = { gc: ["--import", "tsx", "scripts/gc.ts"], start: ["scripts/start.mjs"], "owner-link": ["scripts/owner-link.mjs"], "import-mlflow": ["--import", "tsx", "scripts/import-mlflow.ts"], "export-mlflow": ["--import", "tsx", "scripts/export-mlflow.ts"] };
const [name = "", ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  process.stderr.write(`npx flowbook <command>, one of: ${Object.keys(commands).join(", ")}\n`);
  process.exit(2);
}
// Ctrl-C reaches the command as well, which ends in its own way.
process.on("SIGINT", () => {});
const { status } = spawnSync(process.execPath, [...command, ...rest], { stdio: "inherit", cwd: appDir });
process.exit(status ?? 1);
