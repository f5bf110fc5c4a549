/** Files a new project can start from. They run under plain `mlflow run . --env-manager local` too. */
export type Template = { id: string; title: string; note: string; files: Record<string, string> };

const pythonEnv = `python: "3.12"
build_dependencies:
  - pip
dependencies:
  - mlflow-skinny
  - click
`;

const oneScript = `import random

import click
import mlflow


@click.command(help="Logs one metric that falls, step by step.")
@click.option("--steps", default=20, type=int)
@click.option("--rate", default=0.15, type=float)
def main(steps, rate):
    with mlflow.start_run():
        loss = 1.0
        for step in range(steps):
            loss *= 1 - rate * random.random()
            mlflow.log_metric("loss", loss, step=step)
            print(f"step {step + 1} of {steps}  loss {loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
`;

const prepare = `import csv
import random

import click
import mlflow


@click.command(help="Makes a small table and keeps it as an artifact.")
@click.option("--rows", default=200, type=int)
def main(rows):
    with mlflow.start_run():
        with open("table.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["x", "y"])
            for _ in range(rows):
                x = random.uniform(0, 10)
                writer.writerow([x, 3 * x + random.gauss(0, 1)])
        mlflow.log_metric("rows", rows)
        mlflow.log_artifact("table.csv", "data")
        print(f"wrote {rows} rows")


if __name__ == "__main__":
    main()
`;

const train = `import csv
import os

import click
import mlflow


@click.command(help="Fits a line to the table by gradient descent.")
@click.option("--data", required=True)
@click.option("--epochs", default=30, type=int)
def main(data, epochs):
    with mlflow.start_run():
        folder = mlflow.artifacts.download_artifacts(data) if "://" in data or ":/" in data else data
        with open(os.path.join(folder, "table.csv")) as file:
            rows = [(float(r["x"]), float(r["y"])) for r in csv.DictReader(file)]
        slope = 0.0
        for epoch in range(epochs):
            gradient = sum(2 * (slope * x - y) * x for x, y in rows) / len(rows)
            slope -= 0.002 * gradient
            loss = sum((slope * x - y) ** 2 for x, y in rows) / len(rows)
            mlflow.log_metric("loss", loss, step=epoch)
            print(f"epoch {epoch + 1} of {epochs}  slope {slope:.3f}  loss {loss:.3f}", flush=True)
        mlflow.log_metric("slope", slope)


if __name__ == "__main__":
    main()
`;

const twoStepsMain = `import click
import mlflow
from mlflow.tracking import MlflowClient


@click.command(help="Runs prepare, then train on what it made.")
@click.option("--rows", default=200, type=int)
@click.option("--epochs", default=30, type=int)
def main(rows, epochs):
    with mlflow.start_run():
        prepared = mlflow.run(".", "prepare", parameters={"rows": rows})
        data = MlflowClient().get_run(prepared.run_id).info.artifact_uri + "/data"
        mlflow.run(".", "train", parameters={"data": data, "epochs": epochs})


if __name__ == "__main__":
    main()
`;

const named = (name: string, text: string) => text.replaceAll("{project}", name);

/** The templates, with the project's name written into them. */
export function templatesFor(name: string): Template[] {
  const title = name || "project";
  return [
    {
      id: "one-script", title: "One script", note: "MLproject with main, and a main.py that logs one metric",
      files: {
        MLproject: named(title, `name: {project}\npython_env: python_env.yaml\n\nentry_points:\n  main:\n    parameters:\n      steps: {type: int, default: 20, min: 1}\n      rate: {type: float, default: 0.15}\n    command: "python main.py --steps {steps} --rate {rate}"\n`),
        "main.py": oneScript, "python_env.yaml": pythonEnv,
        "README.md": named(title, "# {project}\n\nLogs one metric that falls, step by step. Press **Run main**.\n"),
      },
    },
    {
      id: "two-steps", title: "Two steps", note: "prepare and train on a small table, and a main that runs both",
      files: {
        MLproject: named(title, `name: {project}\npython_env: python_env.yaml\n\nentry_points:\n  prepare:\n    parameters:\n      rows: {type: int, default: 200}\n    command: "python prepare.py --rows {rows}"\n  train:\n    parameters:\n      data: path\n      epochs: {type: int, default: 30}\n    command: "python train.py --data {data} --epochs {epochs}"\n  main:\n    parameters:\n      rows: {type: int, default: 200}\n      epochs: {type: int, default: 30}\n    command: "python main.py --rows {rows} --epochs {epochs}"\n`),
        "main.py": twoStepsMain, "prepare.py": prepare, "train.py": train, "python_env.yaml": pythonEnv,
        "README.md": named(title, "# {project}\n\n`main` runs `prepare`, then `train` on what it made.\n"),
      },
    },
    {
      id: "empty", title: "Empty", note: "only MLproject, with main and no parameters",
      files: {
        MLproject: named(title, `name: {project}\n\nentry_points:\n  main:\n    command: "python main.py"\n`),
        "main.py": 'print("Hello from main")\n',
      },
    },
  ];
}
