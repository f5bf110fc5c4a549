import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { pythonWith, runProgram, testCache } from "../support/python-clients";

const { url, dataDir } = inject("server");
const project = join(import.meta.dirname, "java");
const isFull = process.env.FLOWBOOK_CLIENTS === "full";

/** The class path of the built checks; Maven is asked only when they changed. */
async function builtChecks(): Promise<string> {
  const built = join(testCache, "java");
  const classPath = join(built, "classpath");
  const mark = join(built, ".complete");
  const wanted = createHash("sha256").update(readFileSync(join(project, "pom.xml"))).update(readFileSync(join(project, "src/main/java/Checks.java"))).digest("hex");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== wanted) {
    rmSync(mark, { force: true });
    mkdirSync(built, { recursive: true });
    const r = await runProgram("mvn", ["-q", "-B", `-Dmaven.repo.local=${join(testCache, "m2")}`, `-Dbuilt=${built}`, "compile", "dependency:build-classpath", `-Dmdep.outputFile=${classPath}`], { cwd: project, timeoutMs: 240_000 });
    if (r.status !== 0) throw new Error(`mvn: ${r.said}`);
    writeFileSync(mark, wanted);
  }
  return `${join(built, "classes")}:${readFileSync(classPath, "utf8").trim()}`;
}

test("the Java client 2.17.2", { timeout: 600_000 }, async ({ skip }) => {
  for (const program of ["java", "mvn"]) {
    if ((await runProgram(program, ["-version"], { timeoutMs: 60_000 })).status !== 0) skip(`LEFT OUT: there is no ${program} on this machine (Debian: apt install default-jdk-headless maven)`);
  }
  // Each artifact call starts a Python of its own.
  const python: Record<string, string> = isFull ? { MLFLOW_PYTHON_EXECUTABLE: pythonWith("3.17.2", dataDir) } : {};
  const r = await runProgram("java", ["-cp", await builtChecks(), "Checks"], { env: { MLFLOW_TRACKING_URI: url, ...python }, timeoutMs: 300_000 });
  if (isFull) process.stdout.write(r.said.replace(/^SLF4J.*\n/gm, ""));
  expect(r.status, r.said.slice(-4000)).toBe(0);
});
