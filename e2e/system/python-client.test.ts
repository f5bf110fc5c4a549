import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

const { url, dataDir } = inject("server");

/** The real client in an environment of its own, kept between runs. */
function clientPython(): string {
  const { uv } = JSON.parse(readFileSync(join(dataDir, "tools", "tools.json"), "utf8")) as { uv: string };
  const folder = join(process.env.FLOWBOOK_TEST_CACHE ?? join(homedir(), ".cache", "flowbook-tests"), "mlflow-3.17.2");
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, ".complete"))) {
    const run = (...args: string[]) => {
      const r = spawnSync(uv, args, { encoding: "utf8", timeout: 240_000 });
      if (r.status !== 0) throw new Error(`uv ${args.join(" ")}: ${r.stderr}`);
    };
    const base = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
    run("venv", "--clear", "--python", base, folder);
    run("pip", "install", "--python", python, "mlflow-skinny==3.17.2", "scikit-learn", "pandas", "matplotlib", "skops");
    spawnSync("touch", [join(folder, ".complete")]);
  }
  return python;
}

test("an ordinary script with the unmodified Python client 3.17.2 finds everything as it logged it", { timeout: 400_000 }, () => {
  const r = spawnSync(clientPython(), ["e2e/clients/ordinary_script.py"], { encoding: "utf8", timeout: 300_000, env: { ...process.env, MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "" } });
  expect(r.status, `${r.stdout.slice(-3000)}\n${r.stderr.slice(-5000)}`).toBe(0);
});
