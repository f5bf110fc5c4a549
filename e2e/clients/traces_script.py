"""Traces through the unmodified MLflow 3 client: what it writes must come back, be found, be judged and be removed.

Needs MLFLOW_TRACKING_URI. Prints a line per check; any failure ends it with a traceback and a status other than 0.
"""

import json
import os
import time
import uuid

os.environ.setdefault("MLFLOW_TRACE_BUFFER_TTL_SECONDS", "60")
import mlflow
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback, SpanType
from mlflow.exceptions import MlflowException

client = MlflowClient()
mark = uuid.uuid4().hex[:8]


def check(name, condition, shown=""):
    assert condition, f"{name}: {shown}"
    print(f"ok  {name}", flush=True)


def raises(code, act):
    try:
        act()
    except MlflowException as error:
        return error.error_code == code
    return False


experiment_id = mlflow.set_experiment(f"traces-{mark}").experiment_id


@mlflow.trace(span_type=SpanType.RETRIEVER, attributes={"k": 3})
def retrieve(question):
    return ["paper", "pen"]


@mlflow.trace
def answer(question):
    documents = retrieve(question)
    with mlflow.start_span("model", span_type=SpanType.CHAT_MODEL) as span:
        span.set_inputs({"question": question, "documents": documents})
        span.set_attribute("temperature", 0.5)
        span.set_attribute("größe", "ü")
        span.set_outputs("yes")
    mlflow.update_current_trace(tags={"topic": "office"}, metadata={"mlflow.trace.session": f"s-{mark}", "mlflow.trace.user": "ann"})
    return {"answer": "yes"}


answer("Is there a pen?")
mlflow.flush_trace_async_logging()
first_id = mlflow.get_last_active_trace_id()
first = mlflow.get_trace(first_id)
check("a decorated function is a trace with its spans", [s.name for s in first.data.spans] == ["answer", "retrieve", "model"], first.data.spans)
root, retriever, model = first.data.spans
check("children know their parent", retriever.parent_id == root.span_id and model.parent_id == root.span_id and root.parent_id is None)
check("span types come back", (retriever.span_type, model.span_type) == ("RETRIEVER", "CHAT_MODEL"))
check("attributes keep their types", retriever.attributes["k"] == 3 and model.attributes["temperature"] == 0.5 and model.attributes["größe"] == "ü", model.attributes)
check("inputs and outputs come back", model.inputs == {"question": "Is there a pen?", "documents": ["paper", "pen"]} and root.outputs == {"answer": "yes"})
check("state, duration and location", first.info.state == "OK" and first.info.execution_duration >= 0 and first.info.experiment_id == experiment_id, first.info)
check("tags and metadata", first.info.tags["topic"] == "office" and first.info.tags["mlflow.traceName"] == "answer" and first.info.trace_metadata["mlflow.trace.user"] == "ann", first.info)
check("previews", "pen" in (first.info.request_preview or "") and "yes" in (first.info.response_preview or ""), first.info)
check("the spans are in the tracking store", first.info.tags.get("mlflow.trace.spansLocation") == "TRACKING_STORE", first.info.tags)


@mlflow.trace
def breaks():
    raise ValueError("no pen")


try:
    breaks()
except ValueError:
    pass
mlflow.flush_trace_async_logging()
broken_id = mlflow.get_last_active_trace_id()
broken = mlflow.get_trace(broken_id)
check("an exception is an ERROR with an event", broken.info.state == "ERROR" and broken.data.spans[0].events[0].name == "exception", broken.data.spans)

with mlflow.start_run() as run:
    with mlflow.start_span("in a run") as span:
        span.set_inputs(1)
        span.set_outputs(2)
mlflow.flush_trace_async_logging()
in_run_id = mlflow.get_last_active_trace_id()
check("a trace knows its run", mlflow.get_trace(in_run_id).info.trace_metadata["mlflow.sourceRun"] == run.info.run_id)

child = client.start_trace("by client", experiment_id=experiment_id, tags={"how": "client"})
inner = client.start_span("inner", trace_id=child.trace_id, parent_id=child.span_id, inputs={"x": 1})
client.end_span(trace_id=child.trace_id, span_id=inner.span_id, outputs=2)
client.end_trace(child.trace_id, status="OK")
mlflow.flush_trace_async_logging()
check("the client's start_trace and end_trace", [s.name for s in mlflow.get_trace(child.trace_id).data.spans] == ["by client", "inner"])


def found(filter_string=None, **more):
    return [t.info.trace_id for t in mlflow.search_traces(locations=[experiment_id], filter_string=filter_string, return_type="list", **more)]


everything = [child.trace_id, in_run_id, broken_id, first_id]
check("search finds all, newest first", found() == everything, found())
check("search gives spans and can leave them out", len(client.search_traces(locations=[experiment_id], include_spans=True)[3].data.spans) == 3 and client.search_traces(locations=[experiment_id], include_spans=False)[0].data.spans == [])
frame = mlflow.search_traces(locations=[experiment_id])
check("search as a table", len(frame) == 4 and {"trace_id", "spans", "tags", "state"} <= set(frame.columns), frame.columns)
for text, expected in {
    "trace.status = 'ERROR'": [broken_id],
    "attributes.status IN ('OK')": [child.trace_id, in_run_id, first_id],
    "status != 'OK'": [broken_id],
    "tags.topic = 'office'": [first_id],
    "tag.`topic` LIKE 'off%'": [first_id],
    "tags.topic IS NOT NULL": [first_id],
    "tags.topic IS NULL AND status = 'OK'": [child.trace_id, in_run_id],
    "name = 'answer'": [first_id],
    "trace.name ILIKE 'BY %'": [child.trace_id],
    "trace.name RLIKE '^br.*s$'": [broken_id],
    f"run_id = '{run.info.run_id}'": [in_run_id],
    f"metadata.`mlflow.sourceRun` = '{run.info.run_id}'": [in_run_id],
    f"request_metadata.`mlflow.trace.session` = 's-{mark}'": [first_id],
    "metadata.`mlflow.trace.user` = 'ann'": [first_id],
    f"request_id = '{first_id}'": [first_id],
    f"request_id IN ('{first_id}', '{broken_id}')": [broken_id, first_id],
    "timestamp_ms > 0 AND execution_time_ms < 100000": everything,
    f"timestamp_ms <= {first.info.timestamp_ms} AND trace.timestamp_ms >= {first.info.timestamp_ms}": [first_id],
    "span.name = 'retrieve'": [first_id],
    "span.type = 'CHAT_MODEL' AND span.name LIKE 'mod%'": [first_id],
    "span.type = 'RETRIEVER' AND span.name = 'model'": [],
    "span.status = 'ERROR'": [broken_id],
    "span.content LIKE '%documents%'": [first_id],
    "trace.text LIKE '%no pen%'": [broken_id],
    "span.attributes.temperature LIKE '%0.5%'": [first_id],
    "name = 'nobody'": [],
}.items():
    check(f"filter {text}", found(text) == expected, found(text))
check("order_by", found(order_by=["timestamp_ms ASC"]) == everything[::-1] and found(order_by=["attributes.name DESC"])[0] == in_run_id)
check("run_id argument", found(run_id=run.info.run_id) == [in_run_id])
page = client.search_traces(locations=[experiment_id], max_results=3)
rest = client.search_traces(locations=[experiment_id], max_results=3, page_token=page.token)
check("pages", [t.info.trace_id for t in [*page, *rest]] == everything and rest.token is None, [t.info.trace_id for t in rest])
check("a filter that is none is refused", raises("INVALID_PARAMETER_VALUE", lambda: found("tags.a ~ 'b'")) and raises("INVALID_PARAMETER_VALUE", lambda: found("nonsense = 'b'")))

client.set_trace_tag(first_id, "colour", "green")
client.set_trace_tag(first_id, "colour", "blue")
check("a tag is set and changed", client.get_trace(first_id).info.tags["colour"] == "blue" and found("tags.colour = 'blue'") == [first_id])
client.delete_trace_tag(first_id, "colour")
check("a tag is deleted", "colour" not in client.get_trace(first_id).info.tags)
check("a tag that is not there cannot be deleted", raises("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_trace_tag(first_id, "colour")))
check("an unknown trace is none", mlflow.get_trace(f"tr-{uuid.uuid4().hex}", silent=True) is None)

human = AssessmentSource(source_type="HUMAN", source_id="ann@example.org")
good = mlflow.log_feedback(trace_id=first_id, name="good", value=True, rationale="short", source=human, metadata={"round": "1"}, span_id=model.span_id)
score = mlflow.log_feedback(trace_id=first_id, name="score", value=0.75, source=AssessmentSource(source_type="LLM_JUDGE", source_id="judge"))
words = mlflow.log_feedback(trace_id=first_id, name="words", value={"tone": "kind", "n": 3})
expected = mlflow.log_expectation(trace_id=first_id, name="expected", value="yes", source=human)
listed = mlflow.log_expectation(trace_id=first_id, name="facts", value=["a", {"b": 1}], source=human)
failed = mlflow.log_feedback(trace_id=first_id, name="failed", error=ValueError("no judge"), source=AssessmentSource(source_type="CODE", source_id="x.py"))
by_name = {a.name: a for a in mlflow.get_trace(first_id).info.assessments}
check("feedback and expectations come back", {k: (a.feedback or a.expectation).value for k, a in by_name.items()} == {"good": True, "score": 0.75, "words": {"tone": "kind", "n": 3}, "expected": "yes", "facts": ["a", {"b": 1}], "failed": None}, by_name)
check("with source, rationale, metadata and span", (by_name["good"].source.source_id, by_name["good"].rationale, by_name["good"].metadata, by_name["good"].span_id) == ("ann@example.org", "short", {"round": "1"}, model.span_id), by_name["good"])
check("and an error", by_name["failed"].feedback.error.error_code == "ValueError" and "no judge" in by_name["failed"].feedback.error.error_message, by_name["failed"])
check("one of them alone", mlflow.get_assessment(first_id, score.assessment_id).feedback.value == 0.75)
for text, expected_ids in {
    "feedback.good = 'true'": [first_id],
    "feedback.score > 0.7 AND feedback.score <= 0.75": [first_id],
    "feedback.score < 0.5": [],
    "expectation.expected = 'yes'": [first_id],
    "feedback.good IS NULL": everything[:3],
    "expectation.expected IS NOT NULL": [first_id],
}.items():
    check(f"filter {text}", found(text) == expected_ids, found(text))
changed = mlflow.update_assessment(trace_id=first_id, assessment_id=good.assessment_id, assessment=Feedback(name="good", value=False, rationale="too short"))
check("an assessment is changed", changed.feedback.value is False and mlflow.get_assessment(first_id, good.assessment_id).rationale == "too short")
over = mlflow.override_feedback(trace_id=first_id, assessment_id=score.assessment_id, value=0.25, source=human)
check("an overriding one makes the other invalid", mlflow.get_assessment(first_id, score.assessment_id).valid is False and over.overrides == score.assessment_id)
check("and is what a filter sees", found("feedback.score < 0.5") == [first_id] and found("feedback.score > 0.5") == [])
mlflow.delete_assessment(trace_id=first_id, assessment_id=over.assessment_id)
check("deleting it brings the other back", mlflow.get_assessment(first_id, score.assessment_id).valid is True)
check("a deleted assessment is gone", raises("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_assessment(first_id, over.assessment_id)))
check("an assessment of an unknown trace is refused", raises("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.log_feedback(trace_id=f"tr-{uuid.uuid4().hex}", name="x", value=1)))

before = time.time()
for i in range(40):
    with mlflow.start_span(f"many {i}") as span:
        span.set_inputs({"i": i})
mlflow.flush_trace_async_logging()
check("forty traces in the background", len(found("name LIKE 'many %'", max_results=100)) == 40)
print(f"    ({time.time() - before:.1f} s)")
walked, token = [], None
while True:
    page = client.search_traces(locations=[experiment_id], max_results=9, page_token=token, include_spans=False)
    walked += [t.info.trace_id for t in page]
    token = page.token
    if not token:
        break
check("walked page by page, each once", len(walked) == 44 and len(set(walked)) == 44, len(walked))

mlflow.log_trace(name="whole", request="q", response="a", tags={"made": "whole"}, start_time_ms=1_700_000_000_000, execution_time_ms=5)
mlflow.flush_trace_async_logging()
whole = client.search_traces(locations=[experiment_id], filter_string="tags.made = 'whole'")[0]
check("log_trace", whole.info.timestamp_ms == 1_700_000_000_000 and whole.info.execution_duration == 5 and json.loads(whole.data.request) == "q", whole.info)

check("delete by id", client.delete_traces(experiment_id, trace_ids=[broken_id]) == 1 and mlflow.get_trace(broken_id, silent=True) is None)
check("delete by age", client.delete_traces(experiment_id, max_timestamp_millis=1_700_000_000_000) == 1 and found("tags.made = 'whole'") == [])
check("delete at most", client.delete_traces(experiment_id, max_timestamp_millis=int(time.time() * 1000) + 60_000, max_traces=2) == 2 and len(found(max_results=100)) == 41)
check("delete the rest", client.delete_traces(experiment_id, max_timestamp_millis=int(time.time() * 1000) + 60_000) == 41 and found() == [])
print("all traces checks passed")
