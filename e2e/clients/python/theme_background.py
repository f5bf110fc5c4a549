"""What the client does from threads of its own: async logging and system metrics."""

import threading
import time

from mlflow.entities import Metric, Param, RunTag

from checks import check, client, mlflow, new_experiment


def test_async_fluent_logging():
    new_experiment()
    with mlflow.start_run() as run:
        operations = [mlflow.log_metric("m", i, step=i, synchronous=False) for i in range(300)]
        operations.append(mlflow.log_params({"a": 1, "b": 2}, synchronous=False))
        operations.append(mlflow.log_metrics({"x": 1, "y": 2}, step=1, synchronous=False))
        operations.append(mlflow.set_tags({"t": "1"}, synchronous=False))
        for operation in operations:
            operation.wait()
    found = client.get_run(run.info.run_id).data
    check("params", found.params, {"a": "1", "b": "2"})
    check("latest", (found.metrics["m"], found.metrics["x"], found.tags["t"]), (299.0, 1.0, "1"))
    check("history", sorted(m.step for m in client.get_metric_history(run.info.run_id, "m")), list(range(300)))


def test_async_by_flush():
    new_experiment()
    mlflow.config.enable_async_logging(True)
    try:
        with mlflow.start_run() as run:
            for i in range(100):
                mlflow.log_metric("m", i, step=i)
            mlflow.log_param("p", "1")
    finally:
        mlflow.flush_async_logging()
        mlflow.config.enable_async_logging(False)
    check("all", sorted(m.step for m in client.get_metric_history(run.info.run_id, "m")), list(range(100)))


def test_system_metrics():
    new_experiment()
    mlflow.set_system_metrics_sampling_interval(0.3)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        until = time.monotonic() + 20
        while time.monotonic() < until and "system/cpu_utilization_percentage" not in client.get_run(run.info.run_id).data.metrics:
            time.sleep(0.2)
    metrics = client.get_run(run.info.run_id).data.metrics
    check("there", {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} - set(metrics), set())


def test_many_threads_on_one_run():
    new_experiment()
    with mlflow.start_run() as run:
        id = run.info.run_id

        def work(n):
            for i in range(20):
                client.log_metric(id, f"m{n}", i, step=i)
                client.log_metric(id, "shared", n * 100 + i, timestamp=n, step=i)
            client.log_batch(id, [Metric("batch", n * 10 + i, n, i) for i in range(10)], [Param(f"p{n}", str(n))], [RunTag("last", str(n))])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    found = client.get_run(id).data
    check("params", found.params, {f"p{n}": str(n) for n in range(8)})
    check("each its own", [len(client.get_metric_history(id, f"m{n}")) for n in range(8)], [20] * 8)
    check("shared", len(client.get_metric_history(id, "shared")), 160)
    check("batches", len(client.get_metric_history(id, "batch")), 80)
    check("latest of the shared one: last step, then time", found.metrics["shared"], 719.0)
