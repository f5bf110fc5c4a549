"""The real client's side of w11. Says "ready" when MLflow is imported; then each line on stdin names a piece of work and how often,
and each is answered with one line of JSON."""
import json
import sys
import time

import mlflow

client = mlflow.MlflowClient()
mlflow.set_experiment(sys.argv[1])


def metrics(n):
    with mlflow.start_run() as run:
        began = time.perf_counter()
        for i in range(n):
            mlflow.log_metric("loss", i * 0.5, step=i)
        took = time.perf_counter() - began
    points = client.get_metric_history(run.info.run_id, "loss")
    assert sorted((p.step, p.value) for p in points) == [(i, i * 0.5) for i in range(n)], f"{len(points)} points"
    return took


def async_metrics(n):
    with mlflow.start_run() as run:
        began = time.perf_counter()
        for i in range(n):
            mlflow.log_metric("loss", i * 0.5, step=i, synchronous=False)
        mlflow.flush_async_logging()
        took = time.perf_counter() - began
    points = client.get_metric_history(run.info.run_id, "loss")
    assert sorted((p.step, p.value) for p in points) == [(i, i * 0.5) for i in range(n)], f"{len(points)} points"
    return took


def params(n):
    with mlflow.start_run() as run:
        began = time.perf_counter()
        for i in range(n):
            mlflow.log_params({f"p{i}_{k}": f"value {k}" for k in range(10)})
        took = time.perf_counter() - began
    stored = client.get_run(run.info.run_id).data.params
    assert stored == {f"p{i}_{k}": f"value {k}" for i in range(n) for k in range(10)}, f"{len(stored)} params"
    return took


def runs(n):
    ids = []
    began = time.perf_counter()
    for i in range(n):
        with mlflow.start_run() as run:
            mlflow.log_param("i", i)
            mlflow.log_metric("m", i)
            mlflow.set_tag("t", f"tag {i}")
        ids.append(run.info.run_id)
    took = time.perf_counter() - began
    for i, run_id in enumerate(ids):
        run = client.get_run(run_id)
        assert run.info.status == "FINISHED" and run.data.params["i"] == str(i) and run.data.metrics["m"] == i and run.data.tags["t"] == f"tag {i}"
    return took


works = {"metrics": metrics, "async": async_metrics, "params": params, "runs": runs}
print("ready", flush=True)
for line in sys.stdin:
    name, count = line.split()
    try:
        print(json.dumps({"seconds": works[name](int(count))}), flush=True)
    except BaseException as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
