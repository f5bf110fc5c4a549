// MLflow's own environment: made once in a cache folder, found again afterwards.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const mlflowVersion = "3.17.2";

/** The folder of an environment that has MLflow and the PostgreSQL driver. FLOWBOOK_BENCH_VENV names one that is there already. */
export function ensureMlflow(say) {
  const given = process.env.FLOWBOOK_BENCH_VENV;
  const venv = given || join(homedir(), ".cache", "flowbook-bench", `mlflow-${mlflowVersion}`);
  const python = join(venv, "bin", "python");
  const check = () => spawnSync(python, ["-c", "import importlib.metadata as m, psycopg2; print(m.version('mlflow'))"], { encoding: "utf8" });
  let found = existsSync(python) ? check() : undefined;
  if (found?.status !== 0) {
    if (given) throw new Error(`FLOWBOOK_BENCH_VENV=${given} has no mlflow with psycopg2:\n${found?.stderr ?? "no bin/python"}`);
    say(`installing mlflow ${mlflowVersion} in ${venv}`);
    mkdirSync(dirname(venv), { recursive: true });
    must(systemPython(), ["-m", "venv", "--clear", venv]);
    must(python, ["-m", "pip", "install", "--quiet", `mlflow==${mlflowVersion}`, "psycopg2-binary"]);
    found = check();
    if (found.status !== 0) throw new Error(`mlflow cannot be used:\n${found.stderr}`);
  }
  const version = found.stdout.trim();
  if (version !== mlflowVersion) say(`note: mlflow ${version} instead of ${mlflowVersion}`);
  return { venv, python, mlflow: join(venv, "bin", "mlflow"), version };
}

function systemPython() {
  for (const name of ["python3.11", "python3.12", "python3.10", "python3.13", "python3"]) {
    if (spawnSync(name, ["-c", "import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))"]).status === 0) return name;
  }
  throw new Error("MLflow needs a Python 3.10 or newer with venv.");
}

function must(command, args) {
  const r = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (r.status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
