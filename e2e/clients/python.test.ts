import { readdirSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { type PythonClient, pythonClients, pythonWith, runProgram } from "../support/python-clients";

const { url, dataDir } = inject("server");
const folder = join(import.meta.dirname, "python");
/** Slow for what the client does by itself (finding out requirements, starting Pythons); left to `npm run test:clients`. */
const slow = ["autolog", "projects"];
const themes = readdirSync(folder).flatMap((name) => /^theme_(\w+)\.py$/.exec(name)?.[1] ?? []);
const isFull = process.env.FLOWBOOK_CLIENTS === "full";

/** Runs themes, and wants all of their checks to pass. */
async function runThemes(version: PythonClient, trackingUri: string, chosen: string[]): Promise<void> {
  const python = pythonWith(version, dataDir);
  const r = await runProgram(python, [join(folder, "run.py"), ...chosen], { env: { MLFLOW_TRACKING_URI: trackingUri, MLFLOW_TRACKING_TOKEN: "" }, timeoutMs: 600_000 });
  if (isFull) process.stdout.write(r.said);
  expect(r.status, r.said.slice(-8000)).toBe(0);
}

for (const version of Object.keys(pythonClients) as PythonClient[]) {
  const chosen = themes.filter((theme) => isFull || !slow.includes(theme)).sort();
  test(`the Python client ${version}: ${chosen.join(", ")}`, { timeout: 900_000 }, async () => {
    await runThemes(version, url, chosen);
  });
}

test("a base path in the tracking URI, behind a proxy that takes it off", { timeout: 300_000 }, async () => {
  const { hostname, port } = new URL(url);
  const strays: string[] = [];
  const proxy = createServer((req, res) => {
    if (!req.url?.startsWith("/team/mlflow/")) strays.push(req.url ?? "");
    const on = request({ hostname, port, method: req.method, path: req.url?.replace("/team/mlflow", ""), headers: { ...req.headers, host: `${hostname}:${port}` } }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    on.once("error", () => res.destroy());
    req.pipe(on);
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  try {
    await runThemes("3.17.2", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/team/mlflow`, isFull ? ["experiments", "artifacts", "models"] : ["experiments"]);
    expect(strays, "nothing left the path").toEqual([]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});
