"""Traces through the unmodified MLflow 2 client (2.22.x), whose traces have an older form. Needs MLFLOW_TRACKING_URI; prints a line per check."""

import json
import uuid

import mlflow
from mlflow import MlflowClient

client = MlflowClient()
mark = uuid.uuid4().hex[:8]


def check(name, condition, shown=""):
    assert condition, f"{name}: {shown}"
    print(f"ok  {name}", flush=True)


experiment_id = mlflow.set_experiment(f"traces-2-{mark}").experiment_id


@mlflow.trace(span_type="RETRIEVER", attributes={"k": 3})
def retrieve(question):
    return ["paper", "pen"]


@mlflow.trace
def answer(question):
    retrieve(question)
    mlflow.update_current_trace({"topic": "office"})
    return {"answer": "yes"}


answer("Is there a pen?")
first_id = mlflow.get_last_active_trace_id()
first = client.get_trace(first_id)
check("a decorated function is a trace with its spans", [s.name for s in first.data.spans] == ["answer", "retrieve"], first.data.spans)
check("attributes, inputs and outputs come back", first.data.spans[1].attributes["k"] == 3 and first.data.spans[0].outputs == {"answer": "yes"})
check("state, tags and experiment", (first.info.status, first.info.tags["topic"], first.info.experiment_id) == ("OK", "office", experiment_id), first.info)
check("request and response", json.loads(first.data.request) == {"question": "Is there a pen?"} and json.loads(first.data.response) == {"answer": "yes"})


@mlflow.trace
def breaks():
    raise ValueError("no pen")


try:
    breaks()
except ValueError:
    pass
with mlflow.start_run() as run:
    with mlflow.start_span("in a run") as span:
        span.set_inputs(1)
root = client.start_trace("by client", experiment_id=experiment_id, tags={"how": "client"})
inner = client.start_span("inner", root.request_id, root.span_id, inputs={"x": 1})
client.end_span(root.request_id, inner.span_id, outputs=2)
client.end_trace(root.request_id, status="OK")
by_client = client.get_trace(root.request_id)
check("the client's start_trace and end_trace", [s.name for s in by_client.data.spans] == ["by client", "inner"] and by_client.info.execution_time_ms >= 0)


def names(filter_string=None, **more):
    return [t.data.spans[0].name for t in client.search_traces([experiment_id], filter_string, **more)]


check("search finds all, newest first", names() == ["by client", "in a run", "breaks", "answer"], names())
check("search by status", names("attributes.status = 'ERROR'") == ["breaks"])
check("search by tag", names("tags.topic = 'office'") == ["answer"])
check("search by name", names("attributes.name = 'by client'") == ["by client"])
check("search by run", names(f"attributes.run_id = '{run.info.run_id}'") == ["in a run"] and len(mlflow.search_traces(experiment_ids=[experiment_id], run_id=run.info.run_id)) == 1)
check("order", names(order_by=["timestamp_ms ASC"]) == ["answer", "breaks", "in a run", "by client"])
page = client.search_traces([experiment_id], max_results=3)
rest = client.search_traces([experiment_id], max_results=3, page_token=page.token)
check("pages", [len(page), len(rest)] == [3, 1] and rest.token is None)
client.set_trace_tag(first_id, "colour", "blue")
check("a tag is set", client.get_trace(first_id).info.tags["colour"] == "blue")
client.delete_trace_tag(first_id, "colour")
check("and deleted", "colour" not in client.get_trace(first_id).info.tags)
check("delete", client.delete_traces(experiment_id, request_ids=[first_id]) == 1 and len(names()) == 3)
check("delete by age", client.delete_traces(experiment_id, max_timestamp_millis=4_000_000_000_000, max_traces=10) == 3 and names() == [])
print("all traces checks passed")
