"""`mlflow.run` on a folder of its own, in this Python (env_manager local)."""

import os
import tempfile

from checks import check, client, mlflow, new_experiment

files = {
    "MLproject": """
name: small
entry_points:
  main:
    parameters:
      lr: {type: float, default: 0.1}
      name: string
    command: "python main.py {lr} {name}"
  fails:
    command: "exit 3"
""",
    "main.py": """
import sys, mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("seen", float(sys.argv[1]))
    mlflow.log_text(sys.argv[2], "name.txt")
    mlflow.set_tag("from", "the step")
""",
}


def test_run_a_local_project():
    experiment = new_experiment()
    name = client.get_experiment(experiment).name
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            with open(os.path.join(folder, path), "w") as f:
                f.write(text)
        submitted = mlflow.run(folder, parameters={"name": "two words", "lr": 0.25}, experiment_name=name, env_manager="local", run_name="by mlflow.run")
        check("status", submitted.get_status(), "FINISHED")
        found = client.get_run(submitted.run_id)
        check("run", (found.info.status, found.info.experiment_id, found.data.metrics["seen"]), ("FINISHED", experiment, 0.25))
        check("name", found.info.run_name, "by mlflow.run")
        check("params as the client quotes them", found.data.params, {"name": "'two words'", "lr": "0.25"})
        check("tags", (found.data.tags["mlflow.source.type"], found.data.tags["mlflow.project.entryPoint"], found.data.tags["from"]), ("PROJECT", "main", "the step"))
        check("artifact", mlflow.artifacts.load_text(f"runs:/{submitted.run_id}/name.txt"), "two words")
        with mlflow.start_run() as parent:
            child = mlflow.run(folder, parameters={"name": "x"}, experiment_id=experiment, env_manager="local")
        check("child", client.get_run(child.run_id).data.tags["mlflow.parentRunId"], parent.info.run_id)
        try:
            mlflow.run(folder, "fails", experiment_id=experiment, env_manager="local")
            check("a failing step", "went on", "an error")
        except mlflow.exceptions.ExecutionException:
            check("failed", client.search_runs([experiment], max_results=1)[0].info.status, "FAILED")
