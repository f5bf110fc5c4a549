// `npm test`: set-up, checks, unit, database and sandbox tests, then the whole server with the real clients and browsers.
import { spawn } from "node:child_process";
import { readFileSync, existsSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appDir, setUp } from "./setup.mjs";
import { makeProgress } from "./stages.mjs";
import { ensureBrowser } from "./test-browser.mjs";

process.chdir(appDir);
const reports = join(appDir, "test-results");
const only = process.argv.slice(2).filter((a) => !a.startsWith("-"));
const wants = (name) => only.length === 0 || only.includes(name);
let passed = 0;
let failed = 0;

/** Runs a program with what it says shown; its exit code, never an exception. */
function show(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
    const stop = () => child.kill("SIGTERM");
    process.once("SIGTERM", stop);
    child.on("error", () => resolve(1));
    child.on("exit", (code) => {
      process.off("SIGTERM", stop);
      resolve(code ?? 1);
    });
  });
}

function count(ok, bad, title) {
  passed += ok;
  failed += bad;
  process.stdout.write(`${bad ? "✗" : "✓"} ${title}: ${ok} passed, ${bad} failed\n\n`);
}

async function vitest(project) {
  const file = join(reports, `${project}.json`);
  rmSync(file, { force: true });
  const code = await show(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, "--passWithNoTests"]);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { numPassedTests: 0, numFailedTests: 0 };
  // A file that cannot be loaded, or a run that broke, counts as a failure of its own.
  count(report.numPassedTests, Math.max(report.numFailedTests, code === 0 ? 0 : 1), project);
}

async function playwright() {
  const file = join(reports, "stories.json");
  rmSync(file, { force: true });
  const code = await show(process.execPath, ["node_modules/@playwright/test/cli.js", "test"]);
  const stats = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).stats : { expected: 0, unexpected: 1, flaky: 0 };
  count(stats.expected + stats.flaky, Math.max(stats.unexpected, code === 0 ? 0 : 1), "browser stories");
}

const progress = makeProgress();
try {
  mkdirSync(reports, { recursive: true });
  writeFileSync(join(reports, ".gitignore"), "*\n");
  await (await setUp({ progress, withBuild: true })).tools;
  if (wants("stories")) await ensureBrowser({ progress });
} catch (error) {
  progress.fail(error.message);
  process.stdout.write("0 passed, 1 failed\n");
  process.exit(1);
}
process.env.FLOWBOOK_LOG_LEVEL ??= "warn";

if (wants("check")) {
  const code = await show(process.execPath, ["scripts/check.mjs"]);
  count(code === 0 ? 1 : 0, code === 0 ? 0 : 1, "check");
}
for (const project of ["unit", "database", "sandbox", "system"]) if (wants(project)) await vitest(project);
if (wants("stories")) await playwright();

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed ? 1 : 0);
