import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { type PythonClient, pythonClients, pythonWith, runProgram } from "../support/python-clients";

const { url, dataDir } = inject("server");
const folder = join(import.meta.dirname, "python");
/** Slow for what the client does by itself (finding out requirements, starting Pythons); left to `npm run test:clients`. */
const slow = ["autolog", "projects"];
const themes = readdirSync(folder).flatMap((name) => /^theme_(\w+)\.py$/.exec(name)?.[1] ?? []);
const isFull = process.env.FLOWBOOK_CLIENTS === "full";

for (const version of Object.keys(pythonClients) as PythonClient[]) {
  const chosen = themes.filter((theme) => isFull || !slow.includes(theme)).sort();
  test(`the Python client ${version}: ${chosen.join(", ")}`, { timeout: 900_000 }, async () => {
    const python = pythonWith(version, dataDir);
    const r = await runProgram(python, [join(folder, "run.py"), ...chosen], { env: { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "" }, timeoutMs: 600_000 });
    if (isFull) process.stdout.write(r.said);
    expect(r.status, r.said.slice(-8000)).toBe(0);
  });
}
