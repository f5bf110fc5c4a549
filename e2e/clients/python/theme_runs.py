import math
import sys

from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType

from checks import check, client, is_3, mlflow, new_experiment, refuses, run_ids


def test_fluent_run():
    experiment = new_experiment()
    with mlflow.start_run(run_name="first", description="a note", tags={"kind": "parent"}) as run:
        id = run.info.run_id
        check("running", client.get_run(id).info.status, "RUNNING")
        check("no end", client.get_run(id).info.end_time, None)
        mlflow.log_params({"lr": 0.01, "layers": 3, "name": "ünïcode ✓", "empty": ""})
        mlflow.log_param("lr", 0.01)
        refuses("param overwrite", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("lr", 0.5), "Changing param values is not allowed")
        refuses("params overwrite", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_params({"fresh": 1, "layers": 9}), "Params were already logged")
        for step in range(5):
            mlflow.log_metrics({"loss": 1 / (step + 1), "train/acc top-1 [a]".replace("[a]", "a"): step / 5}, step=step)
        mlflow.log_metric("loss", 9.0, step=2)
        mlflow.set_tags({"stage": "test", "mlflow.note.content": "# note ✓"})
        mlflow.set_tag("stage", "changed")
        mlflow.set_tag("doomed", "x")
        mlflow.delete_tag("doomed")
    found = client.get_run(id)
    check("status", found.info.status, "FINISHED")
    check("times", found.info.start_time <= found.info.end_time)
    check("experiment", found.info.experiment_id, experiment)
    check("name", (found.info.run_name, found.data.tags["mlflow.runName"]), ("first", "first"))
    check("artifact uri", found.info.artifact_uri.endswith(f"{experiment}/{id}/artifacts"))
    check("params; a refused batch left nothing", found.data.params, {"lr": "0.01", "layers": "3", "name": "ünïcode ✓", "empty": ""})
    check("latest metrics", found.data.metrics, {"loss": 0.2, "train/acc top-1 a": 0.8})
    check("tags", (found.data.tags["stage"], found.data.tags["kind"], found.data.tags["mlflow.note.content"]), ("changed", "parent", "# note ✓"))
    check("deleted tag", "doomed" in found.data.tags, False)
    check("history", [(m.step, m.value) for m in client.get_metric_history(id, "loss")], [(0, 1.0), (1, 0.5), (2, 1 / 3), (3, 0.25), (4, 0.2), (2, 9.0)])
    refuses("tag that is not there", "RESOURCE_DOES_NOT_EXIST", lambda: client.delete_tag(id, "doomed"))


def test_status_by_how_it_ended():
    new_experiment()
    try:
        with mlflow.start_run() as run:
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    check("failed", client.get_run(run.info.run_id).info.status, "FAILED")
    killed = mlflow.start_run()
    mlflow.end_run("KILLED")
    check("killed", client.get_run(killed.info.run_id).info.status, "KILLED")
    check("a name of its own", len(client.get_run(killed.info.run_id).info.run_name) > 4)
    check("last run", mlflow.last_active_run().info.run_id, killed.info.run_id)


def test_nested_runs():
    experiment = new_experiment()
    with mlflow.start_run(run_name="parent") as parent:
        children = []
        for i in range(3):
            with mlflow.start_run(run_name=f"child {i}", nested=True) as child:
                mlflow.log_metric("i", i)
                with mlflow.start_run(nested=True) as grandchild:
                    mlflow.log_metric("deep", i)
            children.append(child.info.run_id)
    found = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.i ASC"])
    check("children", run_ids(found), children)
    check("parent", client.get_parent_run(children[0]).info.run_id, parent.info.run_id)
    check("grandparent", client.get_parent_run(grandchild.info.run_id).info.run_id, children[2])
    check("of none", client.get_parent_run(parent.info.run_id), None)
    with mlflow.start_run(run_name="given", parent_run_id=parent.info.run_id) as given:
        pass
    check("parent_run_id", client.get_parent_run(given.info.run_id).info.run_id, parent.info.run_id)


def test_client_calls():
    experiment = new_experiment()
    run = client.create_run(experiment, run_name="by client", start_time=123, tags={"a": "b"})
    id = run.info.run_id
    check("created", (run.info.status, run.info.start_time, run.info.run_name, run.data.tags["a"]), ("RUNNING", 123, "by client", "b"))
    client.log_batch(id, [Metric("m", i, 1000 + i, i) for i in range(1000)])
    client.log_batch(id, params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[RunTag(f"t{i}", "v") for i in range(100)])
    client.log_batch(id, [Metric("m", i, 1000 + i, i) for i in range(10)])
    check("points, repeats dropped", [(m.step, m.timestamp, m.value) for m in client.get_metric_history(id, "m")], [(i, 1000 + i, float(i)) for i in range(1000)])
    found = client.get_run(id).data
    check("params and tags", (len(found.params), len([t for t in found.tags if t.startswith("t")])), (100, 100))
    client.log_metric(id, "one", 1.5, timestamp=77, step=-3)
    check("negative step", [(m.value, m.timestamp, m.step) for m in client.get_metric_history(id, "one")], [(1.5, 77, -3)])
    client.set_tag(id, "mlflow.runName", "by tag")
    check("name by tag", client.get_run(id).info.run_name, "by tag")
    client.update_run(id, status="SCHEDULED", name="renamed")
    check("update_run", (client.get_run(id).info.status, client.get_run(id).info.run_name), ("SCHEDULED", "renamed"))
    client.set_terminated(id, "FAILED", end_time=456)
    info = client.get_run(id).info
    check("terminated", (info.status, info.start_time, info.end_time), ("FAILED", 123, 456))
    check("is ended", RunStatus.is_terminated(RunStatus.from_string(info.status)))

    client.delete_run(id)
    check("deleted", run_ids(client.search_runs([experiment])), [])
    check("deleted only", run_ids(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)), [id])
    refuses("no metrics", "INVALID_PARAMETER_VALUE", lambda: client.log_metric(id, "m", 1), "must be in the 'active' state")
    refuses("no params", "INVALID_PARAMETER_VALUE", lambda: client.log_param(id, "x", 1), "must be in the 'active' state")
    client.restore_run(id)
    check("restored", client.get_run(id).info.lifecycle_stage, "active")
    with mlflow.start_run(run_id=id):
        check("running again", client.get_run(id).info.status, "RUNNING")
        mlflow.log_metric("resumed", 1)
    check("resumed", client.get_run(id).info.status, "FINISHED")
    refuses("unknown run", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("0" * 32))
    refuses("run in no experiment", "RESOURCE_DOES_NOT_EXIST", lambda: client.create_run("987654321"))


def test_odd_numbers():
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_metric("nan", float("nan"))
        mlflow.log_metric("inf", float("inf"))
        mlflow.log_metric("-inf", float("-inf"))
        mlflow.log_metric("tiny", 5e-324)
        mlflow.log_metric("third", 1 / 3)
        mlflow.log_metric("true", True)
        mlflow.log_metric("far", 1.5, step=2**63 - 1, timestamp=1)
        mlflow.log_metric("late", 1.5, timestamp=2**53 + 1)
        mlflow.log_metrics({"batch nan": float("nan"), "batch inf": float("inf")})
    metrics = client.get_run(run.info.run_id).data.metrics
    check("NaN", math.isnan(metrics["nan"]) and math.isnan(metrics["batch nan"]))
    check("infinities are the largest doubles", (metrics["inf"], metrics["-inf"], metrics["batch inf"]), (sys.float_info.max, -sys.float_info.max, sys.float_info.max))
    check("doubles", (metrics["tiny"], metrics["third"], metrics["true"]), (5e-324, 1 / 3, 1.0))
    check("int64", (client.get_metric_history(run.info.run_id, "far")[0].step, client.get_metric_history(run.info.run_id, "late")[0].timestamp), (2**63 - 1, 2**53 + 1))


def test_latest_metric_is_by_step_then_time_then_value():
    new_experiment()
    with mlflow.start_run() as run:
        id = run.info.run_id
        client.log_metric(id, "a", 1, timestamp=100, step=5)
        client.log_metric(id, "a", 2, timestamp=900, step=4)
        client.log_metric(id, "b", 1, timestamp=200, step=1)
        client.log_metric(id, "b", 2, timestamp=100, step=1)
        client.log_batch(id, [Metric("c", 3, 5, 1), Metric("c", 7, 5, 1), Metric("c", 5, 5, 1)])
    check("latest", client.get_run(id).data.metrics, {"a": 1.0, "b": 1.0, "c": 7.0})


def test_limits():
    new_experiment()
    with mlflow.start_run() as run:
        id = run.info.run_id
        mlflow.log_param("long", "x" * 6001)
        mlflow.set_tag("long", "y" * 8001)
        mlflow.log_metric("k" * 250, 1)
        refuses("long key", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_metric("k" * 251, 1))
        refuses("odd key", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("a,b", 1))
        refuses("path key", "INVALID_PARAMETER_VALUE", lambda: mlflow.log_metric("../a", 1))
    found = client.get_run(id).data
    check("cut, not refused", (len(found.params["long"]), len(found.tags["long"])), (6000, 8000))
    # The client splits what is more than one request takes.
    with mlflow.start_run() as run:
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_metrics({f"m{i}": i for i in range(1500)})
    found = client.get_run(run.info.run_id).data
    check("many", (len(found.params), len(found.metrics)), (250, 1500))


def test_a_loop_of_log_metric():
    new_experiment()
    with mlflow.start_run() as run:
        for step in range(200):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
    check("all there", [m.step for m in client.get_metric_history(run.info.run_id, "loss")], list(range(200)))


def test_pages_of_a_history():
    """The client pages with 25,000 rows."""
    new_experiment()
    with mlflow.start_run() as run:
        for at in range(0, 26_000, 1000):
            client.log_batch(run.info.run_id, [Metric("m", i, i, i) for i in range(at, at + 1000)])
    history = client.get_metric_history(run.info.run_id, "m")
    check("all of them once", [m.step for m in history], list(range(26_000)))


def test_metrics_of_models_and_datasets():
    if not is_3:
        return
    experiment = new_experiment()
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model("m", params={"depth": "3"}, tags={"t": "1"})
        mlflow.log_metric("acc", 0.9, step=1, model_id=model.model_id)
        mlflow.log_metrics({"f1": 0.8, "auc": 0.7}, step=2, model_id=model.model_id)
    mlflow.finalize_logged_model(model.model_id, "READY")
    found = mlflow.get_logged_model(model.model_id)
    check("on the model", sorted((m.key, m.value, m.step, m.run_id) for m in found.metrics), sorted([("acc", 0.9, 1, run.info.run_id), ("f1", 0.8, 2, run.info.run_id), ("auc", 0.7, 2, run.info.run_id)]))
    check("on the run", client.get_run(run.info.run_id).data.metrics, {"acc": 0.9, "f1": 0.8, "auc": 0.7})
    check("by metric", [m.model_id for m in mlflow.search_logged_models([experiment], "metrics.acc > 0.5 AND params.depth = '3'", output_format="list")], [model.model_id])
