import json

import numpy as np
import pandas as pd

from checks import check, client, mlflow, new_experiment, run_ids


def test_inputs():
    experiment = new_experiment()
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "label": ["a", "b", "c"], "y": [0, 1, 0]})
    tiny = mlflow.data.from_pandas(frame, source="https://example.com/tiny.csv", name="tiny", targets="y")
    array = mlflow.data.from_numpy(np.zeros((4, 2)), name="zeros", targets=np.ones(4))
    with mlflow.start_run() as run:
        mlflow.log_input(tiny, context="training", tags={"split": "1"})
        mlflow.log_input(array, context="validation")
        mlflow.log_input(tiny, context="training")
    with mlflow.start_run() as other:
        mlflow.log_input(tiny, context="testing")
    inputs = {i.dataset.name: i for i in client.get_run(run.info.run_id).inputs.dataset_inputs}
    check("each once", sorted(inputs), ["tiny", "zeros"])
    dataset = inputs["tiny"].dataset
    check("digest", dataset.digest, tiny.digest)
    check("source", (dataset.source_type, json.loads(dataset.source)), ("http", {"url": "https://example.com/tiny.csv"}))
    check("schema", [c["name"] for c in json.loads(dataset.schema)["mlflow_colspec"]], ["x", "label", "y"])
    check("profile", json.loads(dataset.profile), {"num_rows": 3, "num_elements": 9})
    check("context", {t.key: t.value for t in inputs["tiny"].tags}["mlflow.data.context"], "training")
    check("other context", {t.key: t.value for t in inputs["zeros"].tags}, {"mlflow.data.context": "validation"})
    source = mlflow.data.get_source(inputs["tiny"])
    check("get_source", source.url, "https://example.com/tiny.csv")

    def search(filter):
        return run_ids(client.search_runs([experiment], filter, order_by=["start_time"]))

    check("by name", search("datasets.name = 'tiny'"), [run.info.run_id, other.info.run_id])
    check("by context", search("dataset.context = 'testing'"), [other.info.run_id])
    check("by digest", search(f"datasets.digest = '{array.digest}'"), [run.info.run_id])
    check("IN and LIKE", search("datasets.name IN ('zeros', 'ones') AND datasets.context LIKE 'valid%'"), [run.info.run_id])
    check("none", search("datasets.name = 'tiny' AND datasets.context = 'nothing'"), [])
