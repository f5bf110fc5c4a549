"""An ordinary MLflow script, as a person would run it against the server: MLFLOW_TRACKING_URI=<url> python ordinary_script.py

Needs mlflow (or mlflow-skinny) 3.17.2, scikit-learn, pandas, matplotlib, skops. Each mismatch is an AssertionError, exit code 1.
"""

import json
import math
import os
import sys
import tempfile
import uuid
import warnings

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
warnings.filterwarnings("ignore")

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

client = MlflowClient()
stamp = uuid.uuid4().hex[:8]
passed = 0


def check(name, is_so, *details):
    global passed
    assert is_so, (name, *details)
    passed += 1


def refuses(name, code, call, text=""):
    try:
        call()
    except MlflowException as error:
        check(name, error.error_code == code and text in str(error), error.error_code, str(error))
    else:
        raise AssertionError((name, "was accepted"))


# --- experiments
experiment = mlflow.set_experiment(f"ordinary/{stamp}")
check("set_experiment twice is the same", mlflow.set_experiment(f"ordinary/{stamp}").experiment_id == experiment.experiment_id)
check("artifact location", experiment.artifact_location == f"mlflow-artifacts:/{experiment.experiment_id}", experiment.artifact_location)
check("Default is 0", client.get_experiment("0").name == "Default")
client.set_experiment_tag(experiment.experiment_id, "team", "vision")
check("experiment tag", client.get_experiment(experiment.experiment_id).tags == {"team": "vision"})
found = client.search_experiments(filter_string=f"name LIKE 'ordinary/{stamp}%' AND tags.team = 'vision'")
check("search_experiments", [e.experiment_id for e in found] == [experiment.experiment_id], found)
refuses("name taken", "RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(f"ordinary/{stamp}"))
check("unknown name", client.get_experiment_by_name(f"no-{stamp}") is None)

# --- a run and its data
with mlflow.start_run(run_name="first", description="a note", tags={"kind": "parent"}) as run:
    run_id = run.info.run_id
    mlflow.log_params({"lr": 0.01, "layers": 3, "name": "ünïcode ✓"})
    mlflow.log_param("lr", 0.01)
    refuses("param overwrite", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("lr", 0.5), "Changing param values is not allowed")
    refuses("params overwrite", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_params({"lr": 7, "layers": 9}), "Params were already logged")
    for step in range(5):
        mlflow.log_metrics({"loss": 1.0 / (step + 1), "acc": step / 5}, step=step)
    mlflow.log_metric("loss", 9.0, step=2)
    mlflow.log_metric("nan", float("nan"))
    mlflow.log_metric("inf", float("inf"))
    mlflow.log_metric("far", 1.5, step=2**63 - 1, timestamp=1)
    mlflow.set_tags({"stage": "test", "mlflow.note.content": "# note"})
    mlflow.set_tag("doomed", "x")
    mlflow.delete_tag("doomed")

    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("acc", 0.99)

    mlflow.log_text("hello\n", "notes/hello.txt")
    mlflow.log_dict({"a": [1, 2]}, "config.json")
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_table({"q": ["a", "b"], "s": [1, 2]}, artifact_file="eval.json")
    mlflow.log_table({"q": ["c"], "s": [3]}, artifact_file="eval.json")
    with tempfile.TemporaryDirectory() as folder:
        for name in ["plain.txt", "mit Leerzeichen & 100%.txt", "日本語.txt", "empty.txt"]:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write("" if name == "empty.txt" else name)
        mlflow.log_artifacts(folder, "odd names")
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    mlflow.log_input(mlflow.data.from_pandas(frame, name="tiny", targets="y"), context="training")

data = client.get_run(run_id)
check("status", data.info.status == "FINISHED" and data.info.end_time >= data.info.start_time)
check("name", data.info.run_name == "first" and data.data.tags["mlflow.runName"] == "first")
check("params", data.data.params == {"lr": "0.01", "layers": "3", "name": "ünïcode ✓"}, data.data.params)
check("latest metrics", data.data.metrics["loss"] == 0.2 and data.data.metrics["acc"] == 0.8)
check("NaN", math.isnan(data.data.metrics["nan"]))
check("infinity", data.data.metrics["inf"] == sys.float_info.max)
check("tags", data.data.tags["stage"] == "test" and "doomed" not in data.data.tags and data.data.tags["mlflow.note.content"] == "# note")
check("int64 step", client.get_metric_history(run_id, "far")[0].step == 2**63 - 1)
history = client.get_metric_history(run_id, "loss")
check("history", len(history) == 6 and [m.timestamp for m in history] == sorted(m.timestamp for m in history), history)
check("history of an unknown key", client.get_metric_history(run_id, "no") == [])
check("child", client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run_id)
check("parent", client.get_parent_run(child.info.run_id).info.run_id == run_id)
inputs = data.inputs.dataset_inputs
check("inputs", len(inputs) == 1 and inputs[0].dataset.name == "tiny" and inputs[0].tags[0].value == "training", inputs)
check("input schema", "mlflow_colspec" in json.loads(inputs[0].dataset.schema))
refuses("unknown run", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("0" * 32))

# --- artifacts
root = [f.path for f in client.list_artifacts(run_id)]
check("list root", root == ["config.json", "eval.json", "notes", "odd names", "plots"], root)
check("list folder", [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "notes")] == [("notes/hello.txt", False, 6)])
check("load_text", mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt") == "hello\n")
check("load_dict", mlflow.artifacts.load_dict(f"{data.info.artifact_uri}/config.json") == {"a": [1, 2]})
check("load_table", mlflow.load_table("eval.json", run_ids=[run_id])["s"].tolist() == [1, 2, 3])
with tempfile.TemporaryDirectory() as folder:
    local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="odd names", dst_path=folder)
    check("odd names", sorted(os.listdir(local)) == sorted(["plain.txt", "mit Leerzeichen & 100%.txt", "日本語.txt", "empty.txt"]), os.listdir(local))
    for name in os.listdir(local):
        with open(os.path.join(local, name), encoding="utf-8") as f:
            check(f"content of {name}", f.read() == ("" if name == "empty.txt" else name))

# --- search
ids = [experiment.experiment_id]
search = lambda text, **kw: [r.info.run_id for r in client.search_runs(ids, text, **kw)]
check("by metric", search("metrics.acc > 0.5", order_by=["metrics.acc DESC"]) == [child.info.run_id, run_id])
check("by metric ascending", search("metrics.acc > 0.5", order_by=["metrics.acc"]) == [run_id, child.info.run_id])
check("by param", search("params.lr = '0.01'") == [run_id])
check("LIKE", search("params.name LIKE '%ünï%'") == [run_id])
check("ILIKE", search("attributes.run_name ILIKE 'FIR%'") == [run_id])
check("by tag in quotes", search('tags."mlflow.parentRunId" = "%s"' % run_id) == [child.info.run_id])
check("by tag in backticks", search("tags.`kind` != 'x' and metrics.`loss` < 1") == [run_id])
check("run_id IN", sorted(search("attributes.run_id IN ('%s', '%s')" % (run_id, child.info.run_id))) == sorted([run_id, child.info.run_id]))
check("IS NULL", search("params.lr IS NULL") == [child.info.run_id])
check("IS NOT NULL", search("params.lr IS NOT NULL") == [run_id])
check("status", len(search("attributes.status = 'FINISHED'")) == 2)
check("dataset", search("datasets.name = 'tiny' AND datasets.context = 'training'") == [run_id])
check("nothing", search("metrics.acc > 2") == [])
# Beyond MLflow, which refuses it.
check("OR", sorted(search("params.lr = '0.01' OR metrics.acc > 0.9")) == sorted([child.info.run_id, run_id]))
refuses("quoted number", "INVALID_PARAMETER_VALUE", lambda: search("metrics.acc > '1'"))
check("frame", mlflow.search_runs(ids, "metrics.acc > 0.9")["metrics.acc"].tolist() == [0.99])
pages, token = [], None
while True:
    page = client.search_runs(ids, max_results=1, page_token=token)
    pages += [r.info.run_id for r in page]
    token = page.token
    if not token:
        break
check("pages", pages == [child.info.run_id, run_id] or sorted(pages) == sorted([child.info.run_id, run_id]), pages)

# --- the client's other calls
other = client.create_run(experiment.experiment_id, run_name="by client", start_time=123)
client.log_batch(other.info.run_id, [Metric("m", i, 1000 + i, i) for i in range(1000)])
client.log_batch(other.info.run_id, params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[RunTag(f"t{i}", "v") for i in range(100)])
check("1000 points", len(client.get_metric_history(other.info.run_id, "m")) == 1000)
check("100 params", len(client.get_run(other.info.run_id).data.params) == 100)
client.update_run(other.info.run_id, name="renamed")
client.set_terminated(other.info.run_id, "FAILED", end_time=456)
info = client.get_run(other.info.run_id).info
check("update_run", (info.run_name, info.status, info.start_time, info.end_time) == ("renamed", "FAILED", 123, 456), info)
client.delete_run(other.info.run_id)
check("deleted", other.info.run_id not in search(""))
check("deleted only", search("", run_view_type=ViewType.DELETED_ONLY) == [other.info.run_id])
refuses("write to a deleted run", "INVALID_PARAMETER_VALUE", lambda: client.log_metric(other.info.run_id, "m", 1), "must be in the 'active' state")
client.restore_run(other.info.run_id)
check("restored", client.get_run(other.info.run_id).info.lifecycle_stage == "active")
with mlflow.start_run(run_id=other.info.run_id):
    mlflow.log_metric("resumed", 1)
check("resumed", client.get_run(other.info.run_id).info.status == "FINISHED")

# --- models
X, y = np.arange(20).reshape(-1, 1).astype(float), (np.arange(20) > 9).astype(int)
name = f"model-{stamp}"
with mlflow.start_run(run_name="train") as train:
    model = LogisticRegression().fit(X, y)
    logged = mlflow.sklearn.log_model(model, name="model", registered_model_name=name, input_example=X[:2])
check("logged model", client.get_logged_model(logged.model_id).status.name == "READY")
check("outputs", [o.model_id for o in client.get_run(train.info.run_id).outputs.model_outputs] == [logged.model_id])
check("registered", client.get_registered_model(name).latest_versions[0].version in (1, "1"))
version = client.get_model_version(name, "1")
check("version", version.status == "READY" and version.run_id == train.info.run_id and version.source == f"models:/{logged.model_id}", version)
for uri in [f"runs:/{train.info.run_id}/model", f"models:/{name}/1", logged.model_uri]:
    check(f"load {uri}", mlflow.sklearn.load_model(uri).predict(X).tolist() == model.predict(X).tolist())
client.set_registered_model_alias(name, "champion", "1")
check("load @alias", mlflow.pyfunc.load_model(f"models:/{name}@champion").predict(X).tolist() == model.predict(X).tolist())
check("load latest", mlflow.sklearn.load_model(f"models:/{name}/latest") is not None)
second = client.create_model_version(name, f"models:/{logged.model_id}", model_id=logged.model_id, tags={"t": "1"})
check("second version", str(second.version) == "2")
client.set_registered_model_alias(name, "champion", "2")
check("alias moved", str(client.get_model_version_by_alias(name, "champion").version) == "2" and client.get_model_version(name, "1").aliases == [])
refuses("unknown alias", "INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "nobody"), "not found")
client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True)
check("stage", client.get_latest_versions(name, ["Production"])[0].current_stage == "Production")
client.update_registered_model(name, description="d")
client.set_registered_model_tag(name, "k", "v")
client.set_model_version_tag(name, "1", "k", "v")
check("search versions", [str(v.version) for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])] == ["1", "2"])
check("search models", [m.name for m in client.search_registered_models(f"name LIKE '{name}%' AND tags.k = 'v'")] == [name])
client.delete_model_version(name, "2")
check("number not reused", str(client.create_model_version(name, f"models:/{logged.model_id}", model_id=logged.model_id).version) == "3")
client.rename_registered_model(name, f"{name}-new")
check("renamed", len(client.search_model_versions(f"name = '{name}-new'")) == 2)
client.delete_registered_model(f"{name}-new")
refuses("deleted model", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{name}-new"))
check("search logged models", [m.model_id for m in mlflow.search_logged_models(ids, filter_string="name = 'model'", output_format="list")] == [logged.model_id])

# --- autolog
mlflow.sklearn.autolog(log_datasets=True)
with mlflow.start_run(run_name="auto") as auto:
    GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(X, y)
mlflow.sklearn.autolog(disable=True)
result = client.get_run(auto.info.run_id)
check("autolog", "best_alpha" in result.data.params and "training_score" in result.data.metrics, result.data)
check("autolog children", len(search(f"tags.mlflow.parentRunId = '{auto.info.run_id}'")) == 2)

# --- experiments end
client.delete_experiment(experiment.experiment_id)
check("deleted with its runs", search("") == [] and client.get_experiment(experiment.experiment_id).lifecycle_stage == "deleted")
client.restore_experiment(experiment.experiment_id)
check("restored with its runs", len(search("")) > 4)
client.rename_experiment(experiment.experiment_id, f"ordinary/{stamp}-renamed")
check("renamed experiment", client.get_experiment(experiment.experiment_id).name == f"ordinary/{stamp}-renamed")

print(f"{passed} checks passed")
