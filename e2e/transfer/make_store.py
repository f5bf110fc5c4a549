"""Makes an MLflow store in SQLite, with its artifacts, for the proof that moving to Flowbook and back loses nothing.

    python make_store.py FOLDER RUNS [LONG_HISTORY]

Some 60 runs go through MLflow's own store classes, the rest are written into its tables in bulk.
"""

import json
import math
import os
import random
import sqlite3
import sys
import uuid

folder, total = os.path.abspath(sys.argv[1]), int(sys.argv[2])
long_history = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
os.makedirs(folder, exist_ok=True)
database = os.path.join(folder, "store.db")
artifacts = os.path.join(folder, "artifacts")
uri = f"sqlite:///{database}"

import mlflow  # noqa: E402
from mlflow.entities import (  # noqa: E402
    Dataset, DatasetInput, ExperimentTag, InputTag, LoggedModelInput, LoggedModelOutput, LoggedModelParameter, LoggedModelStatus, LoggedModelTag, Metric, Param, RunStatus, RunTag,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag  # noqa: E402
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry  # noqa: E402
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Tracking  # noqa: E402

mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
store = Tracking(uri, "mlflow-artifacts:/")
registry = Registry(uri)
rng = random.Random(7)
start = 1_700_000_000_000


def put(artifact_uri, path, content):
    """Writes a file where `mlflow server --artifacts-destination` would."""
    root = artifact_uri.replace("mlflow-artifacts:/", artifacts + "/").replace("file://", "")
    target = os.path.join(root, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(content)


experiments = {
    "plain": store.create_experiment("plain", tags=[ExperimentTag("mlflow.note.content", "# Notes\nwith *markdown*"), ExperimentTag("team", "ün")]),
    "unicode": store.create_experiment("βeta/ünïcode 🎉 'quoted' \"name\""),
    "local": store.create_experiment("local files", artifact_location="file://" + os.path.join(folder, "local-artifacts")),
    "gone": store.create_experiment("deleted one", tags=[ExperimentTag("why", "old")]),
    "empty": store.create_experiment("empty"),
}


def create(experiment_id, i, parent=None, name=None):
    tags = [RunTag("mlflow.user", "ada"), RunTag("mlflow.source.name", "train.py"), RunTag("mlflow.source.type", "LOCAL")]
    if parent:
        tags.append(RunTag("mlflow.parentRunId", parent))
    return store.create_run(experiment_id, "ada", start + i * 1000, tags, name or f"run-{i}")


detailed = min(60, total)
runs, models = [], []
for i in range(detailed):
    experiment = ["plain", "unicode", "local", "gone"][i % 4]
    eid = experiments[experiment]
    parent = runs[-4].info.run_id if i % 8 >= 4 else None
    run = create(eid, i, parent, ["läuft 🏃", "", "a/b c", "x" * 250][i % 4] or None)
    rid = run.info.run_id
    runs.append(run)
    store.log_batch(
        rid,
        [Metric("loss", 1 / (s + 1), start + s, s) for s in range(50)]
        + [Metric("odd/nan", math.nan, start + 1, 1), Metric("odd/nan", 0.0, start + 1, 1), Metric("odd/zero", 0.0, start, 1), Metric("odd/zero", math.nan, start, 1), Metric("odd/inf", math.inf, start, 0), Metric("odd/inf", -math.inf, start + 1, 1), Metric("odd/inf", math.nan, start + 2, 2)]
        + [Metric("big step", 0.1 + 0.2, start, 2**60 + 1), Metric("big step", -5e-324, start, -3), Metric("big step", 1.7976931348623157e308, 0, 0)]
        + [Metric("métrique", float(i), start, 0), Metric("many times", 1.0, start, 0), Metric("many times", 2.0, start, 0), Metric("many times", 2.0, start + 1, 0)],
        [Param("lr", str(10.0**-i)), Param("empty", ""), Param("long", "é" * 3000), Param("päram/x", "🎉\n\ttab 'q' \"q\"")],
        [RunTag("emoji", "🎉"), RunTag("empty", ""), RunTag("mlflow.note.content", f"note {i}\n- a\n- b"), RunTag("long", "z" * 8000)],
    )
    if i % 5 == 0:
        store.log_batch(rid, [], [Param(f"p{k:03}", f"v{k}") for k in range(100)], [RunTag(f"t{k:03}", f"v{k}") for k in range(100)])
        store.log_batch(rid, [], [Param(f"q{k:03}", f"v{k}") for k in range(60)], [])
    if i % 3 == 0:
        data = Dataset(f"data-{i % 6}", f"d{i % 6}", "local", json.dumps({"uri": "data.csv"}), schema=json.dumps({"mlflow_colspec": []}), profile=json.dumps({"num_rows": 5}))
        store.log_inputs(rid, [DatasetInput(data, [InputTag("mlflow.data.context", "training")]), DatasetInput(Dataset("bare", str(i), "code", "{}"), [])])
    put(run.info.artifact_uri, "empty.txt", b"")
    put(run.info.artifact_uri, "deep/er/ünï code/file name.txt", f"run {i}".encode())
    put(run.info.artifact_uri, "100%.bin", bytes(rng.randrange(256) for _ in range(3000)))
    if i % 6 == 0:
        model = store.create_logged_model(eid, f"model-{i}", rid, [LoggedModelTag("kind", "ünï"), LoggedModelTag("mlflow.empty", "")], [LoggedModelParameter("depth", "3")], "sklearn")
        store.log_outputs(rid, [LoggedModelOutput(model.model_id, i)])
        put(model.artifact_location, "MLmodel", f"flavors: {{}}\nmodel_id: {model.model_id}\n".encode())
        put(model.artifact_location, "data/weights.bin", os.urandom(20_000))
        store.log_batch(rid, [Metric("auc", 0.5 + i / 100, start, 3, model_id=model.model_id, dataset_name="data-0", dataset_digest="d0", run_id=rid)], [], [])
        store.finalize_logged_model(model.model_id, LoggedModelStatus.READY if i % 12 == 0 else LoggedModelStatus.FAILED)
        models.append((model, rid))
        if i >= 12:
            store.log_inputs(rid, models=[LoggedModelInput(models[0][0].model_id)])
    status = [RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED, RunStatus.RUNNING][i % 4 if i < 40 else 0]
    store.update_run_info(rid, status, None if status == RunStatus.RUNNING else start + i * 1000 + 500, None)

# ------------------------------------------------------------------------------------------------- the registry
for k, (model, rid) in enumerate(models[:4]):
    name = ["simple", "ünï modell", "staged", "with-gaps"][k]
    registry.create_registered_model(name, [RegisteredModelTag("owner", "ada"), RegisteredModelTag("empty", "")], f"model of {name}\n**bold**" if k else None)
    for v in range(4):
        other, its_run = models[(k + v) % len(models)]
        root = next(r.info.artifact_uri for r in runs if r.info.run_id == its_run)
        if v % 2 == 0:
            registry.create_model_version(name, f"models:/{other.model_id}", its_run, [ModelVersionTag("v", str(v))], None, f"version {v}", model_id=other.model_id)
        else:
            registry.create_model_version(name, f"{root}/deep", its_run, [], "http://example.com/run", None)
    registry.set_registered_model_alias(name, "champion", 1)
    registry.set_registered_model_alias(name, "challenger-2", 3)
    registry.set_registered_model_alias(name, "also_1", 1)
registry.transition_model_version_stage("staged", 1, "Production", False)
registry.transition_model_version_stage("staged", 2, "Staging", False)
registry.transition_model_version_stage("staged", 3, "Archived", False)
registry.delete_model_version("with-gaps", 2)
registry.create_registered_model("no versions", None, "waits")
registry.create_registered_model("prompt", [RegisteredModelTag("mlflow.prompt.is_prompt", "true")], None)
registry.create_model_version("prompt", "dummy-source", None, [ModelVersionTag("mlflow.prompt.is_prompt", "true"), ModelVersionTag("mlflow.prompt.text", "Say {{ word }} ü"), ModelVersionTag("_mlflow_prompt_type", "text")], None, "first")

# ------------------------------------------------------------------------------------------------- the many
connection = sqlite3.connect(database)
bulk = max(0, total - detailed)
bulk_experiments = [store.create_experiment(f"bulk-{k}") for k in range(3)] if bulk else []
rows = {"runs": [], "params": [], "tags": [], "metrics": [], "latest": []}
for i in range(bulk):
    rid, eid = uuid.UUID(int=rng.getrandbits(128), version=4).hex, bulk_experiments[i % 3]
    at = start + 10_000_000 + i * 997
    uri_of_run = f"mlflow-artifacts:/{eid}/{rid}/artifacts"
    is_deleted = i % 50 == 0
    rows["runs"].append((rid, f"bulk-{i}", "LOCAL", "", "", "bob", "FINISHED", at, at + 60_000, "", "deleted" if is_deleted else "active", uri_of_run, int(eid), at + 70_000 if is_deleted else None))
    rows["params"] += [(f"param-{k}", f"{rng.random():.6f}", rid) for k in range(8)]
    rows["tags"] += [("mlflow.runName", f"bulk-{i}", rid), ("mlflow.user", "bob", rid), ("group", f"g{i % 7}", rid), ("note", f"näme {i}", rid)]
    count = long_history if i == 1 else 40
    for key in ["loss"] if i == 1 else ["loss", "accuracy", "system/cpu", "val/loss", "val/accuracy", "lr"]:
        for s in range(count):
            value = math.exp(-s / count) + rng.random() / 10
            rows["metrics"].append((key, value, at + s * 10, rid, s, 0))
        rows["latest"].append((key, value, at + (count - 1) * 10, count - 1, 0, rid))
    if i % 2 == 0:
        put(uri_of_run, "model/weights.bin", rng.randbytes(5_000))
        put(uri_of_run, "log.txt", f"run {i}\n".encode())
connection.executemany("INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows["runs"])
connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?,?,?)", rows["params"])
connection.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?,?,?)", rows["tags"])
connection.executemany("INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?,?,?,?,?,?)", rows["metrics"])
connection.executemany("INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?,?,?,?,?,?)", rows["latest"])
connection.commit()
connection.close()

for run in runs[5:15:4]:
    store.delete_run(run.info.run_id)
store.delete_experiment(experiments["gone"])
print(json.dumps({"runs": detailed + bulk, "points": len(rows["metrics"]), "database": uri, "artifacts": artifacts}))
