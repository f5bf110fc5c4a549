import { expect, inject, test } from "vitest";
import { pythonWith, runProgram } from "../support/python-clients";

const { url, dataDir } = inject("server");

test("an ordinary script with the unmodified Python client 3.17.2 finds everything as it logged it", { timeout: 400_000 }, async () => {
  const r = await runProgram(pythonWith("3.17.2", dataDir), ["e2e/clients/ordinary_script.py"], { env: { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "" }, timeoutMs: 300_000 });
  expect(r.status, r.said.slice(-6000)).toBe(0);
});
