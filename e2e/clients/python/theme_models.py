"""log_model and load_model, by every kind of address."""

import json
import os
import tempfile

import numpy as np
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from checks import check, client, is_3, log_sklearn, mlflow, new_experiment, refuses, unique

X, y = np.arange(20).reshape(-1, 1).astype(float), (np.arange(20) > 9).astype(int)


def test_log_register_and_load():
    experiment = new_experiment()
    name = unique("model")
    model = LogisticRegression().fit(X, y)
    wanted = model.predict(X).tolist()
    with mlflow.start_run() as run:
        info = log_sklearn(model, "model", registered_model_name=name, input_example=X[:2], signature=infer_signature(X, y))
        log_sklearn(model, "nested/model" if not is_3 else "second")
    version = client.get_model_version(name, "1")
    check("version", (version.status, version.run_id, str(version.version)), ("READY", run.info.run_id, "1"))
    uris = [f"runs:/{run.info.run_id}/model", f"models:/{name}/1", f"models:/{name}/latest", info.model_uri]
    client.set_registered_model_alias(name, "champion", "1")
    uris.append(f"models:/{name}@champion")
    client.transition_model_version_stage(name, "1", "Production")
    uris.append(f"models:/{name}/Production")
    for uri in uris:
        check(f"sklearn, {uri}", mlflow.sklearn.load_model(uri).predict(X).tolist(), wanted)
    for uri in uris[:2] + uris[4:5]:
        check(f"pyfunc, {uri}", mlflow.pyfunc.load_model(uri).predict(X).tolist(), wanted)
    check("info by uri", mlflow.models.get_model_info(f"models:/{name}/1").signature.inputs.input_types() != [])
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=folder)
        check("files", {"MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml"} - set(os.listdir(local)), set())
    check("download uri", client.get_model_version_download_uri(name, "1").startswith("mlflow-artifacts:/"))

    refuses("unknown model", "RESOURCE_DOES_NOT_EXIST", lambda: mlflow.pyfunc.load_model(f"models:/{unique('no')}/1"))
    refuses("unknown version", "RESOURCE_DOES_NOT_EXIST", lambda: mlflow.pyfunc.load_model(f"models:/{name}/99"))

    if is_3:
        logged = client.get_logged_model(info.model_id)
        check("logged model", (logged.status.name, logged.name, logged.source_run_id, logged.experiment_id), ("READY", "model", run.info.run_id, experiment))
        check("outputs", len(client.get_run(run.info.run_id).outputs.model_outputs), 2)
        # Written by the server, and by the client once more.
        check("its version", {(v["name"], int(v["version"])) for v in json.loads(client.get_logged_model(info.model_id).tags["mlflow.modelVersions"])}, {(name, 1)})
    else:
        check("history tag", [m["artifact_path"] for m in json.loads(client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])], ["model", "nested/model"])
        check("in the run's artifacts", [f.path for f in client.list_artifacts(run.info.run_id)], ["model", "nested"])


def test_register_model_afterwards():
    new_experiment()
    name = unique("after")
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run() as run:
        info = log_sklearn(model, "clf")
    first = mlflow.register_model(f"runs:/{run.info.run_id}/clf", name, tags={"k": "v"})
    check("first", (str(first.version), client.get_model_version(name, "1").tags), ("1", {"k": "v"}))
    second = mlflow.register_model(info.model_uri, name)
    check("second", (str(second.version), second.run_id), ("2", run.info.run_id))
    for n in (1, 2):
        check(f"load {n}", mlflow.sklearn.load_model(f"models:/{name}/{n}").predict(X).tolist(), model.predict(X).tolist())
    copied = client.copy_model_version(f"models:/{name}/1", unique("copy"))
    check("copied", (str(copied.version), copied.run_id), ("1", run.info.run_id))
    check("load the copy", mlflow.sklearn.load_model(f"models:/{copied.name}/1").predict(X).tolist(), model.predict(X).tolist())


def test_python_model():
    new_experiment()

    class Doubles(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(**{"name" if is_3 else "artifact_path": "double"}, python_model=Doubles(), pip_requirements=["numpy"])
    check("predict", mlflow.pyfunc.load_model(info.model_uri).predict(X).tolist(), (X * 2).tolist())


def test_life_of_a_logged_model():
    if not is_3:
        return
    experiment = new_experiment()
    ids = []
    for i in range(3):
        model = client.create_logged_model(experiment, name=f"m{i}", model_type="agent" if i else "", params={"depth": str(i)}, tags={"team": "red"})
        ids.append(model.model_id)
    check("pending", client.get_logged_model(ids[0]).status.name, "PENDING")
    client.finalize_logged_model(ids[0], "READY")
    client.finalize_logged_model(ids[1], "FAILED")
    check("ended", [client.get_logged_model(i).status.name for i in ids], ["READY", "FAILED", "PENDING"])
    client.log_model_params(ids[0], {"extra": "1"})
    check("params", client.get_logged_model(ids[0]).params, {"depth": "0", "extra": "1"})
    client.set_logged_model_tags(ids[0], {"team": "blue", "a": "b"})
    client.delete_logged_model_tag(ids[0], "a")
    check("tags", client.get_logged_model(ids[0]).tags, {"team": "blue"})

    def search(filter=None, **options):
        return [m.name for m in client.search_logged_models([experiment], filter, **options)]

    check("newest first", search(), ["m2", "m1", "m0"])
    check("by name", search("name LIKE 'm%' AND params.depth != '1'"), ["m2", "m0"])
    check("by tag", search("tags.team = 'red'"), ["m2", "m1"])
    check("by type", search("model_type = 'agent'"), ["m2", "m1"])
    check("order", search(order_by=[{"field_name": "name", "ascending": True}]), ["m0", "m1", "m2"])
    page = client.search_logged_models([experiment], max_results=2)
    check("pages", ([m.name for m in page], [m.name for m in client.search_logged_models([experiment], max_results=2, page_token=page.token)]), (["m2", "m1"], ["m0"]))
    client.delete_logged_model(ids[2])
    check("deleted", search(), ["m1", "m0"])
    refuses("deleted one", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_logged_model(ids[2]))
    refuses("odd name", "INVALID_PARAMETER_VALUE", lambda: client.create_logged_model(experiment, name="a/b"))
