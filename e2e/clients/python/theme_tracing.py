import time

from mlflow.entities import SpanType

from checks import check, client, is_3, mlflow, new_experiment


def _soon(look, seconds=20):
    """Traces are exported from a thread."""
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > until:
            return found
        time.sleep(0.2)


def _traces(experiment, **options):
    return client.search_traces(**{"locations" if is_3 else "experiment_ids": [experiment]}, **options)


def test_a_decorated_function():
    experiment = new_experiment()

    @mlflow.trace(span_type=SpanType.TOOL)
    def inner(x):
        return x + 1

    @mlflow.trace(name="outer", attributes={"k": "v"})
    def outer(x):
        with mlflow.start_span("block") as span:
            span.set_inputs({"x": x})
            span.set_outputs({"y": inner(x)})
        return "ünï ✓"

    outer(1)
    found = _soon(lambda: _traces(experiment))
    check("one trace", len(found), 1)
    id = found[0].info.trace_id if is_3 else found[0].info.request_id
    trace = client.get_trace(id)
    spans = {s.name: s for s in trace.data.spans}
    check("spans", sorted(spans), ["block", "inner", "outer"])
    check("tree", (spans["outer"].parent_id, spans["block"].parent_id, spans["inner"].parent_id), (None, spans["outer"].span_id, spans["block"].span_id))
    check("inputs and outputs", (spans["outer"].inputs, spans["outer"].outputs, spans["block"].outputs), ({"x": 1}, "ünï ✓", {"y": 2}))
    check("attribute and type", (spans["outer"].attributes["k"], spans["inner"].span_type), ("v", "TOOL"))
    check("status", str(trace.info.status.value if hasattr(trace.info.status, "value") else trace.info.status), "OK")
    client.set_trace_tag(id, "reviewed", "yes")
    check("tag", client.get_trace(id).info.tags["reviewed"], "yes")
    check("by tag", len(_traces(experiment, filter_string="tags.reviewed = 'yes'")), 1)
    client.delete_trace_tag(id, "reviewed")
    check("no tag", "reviewed" in client.get_trace(id).info.tags, False)


def test_a_failing_function_and_deletion():
    experiment = new_experiment()

    @mlflow.trace
    def breaks():
        raise ValueError("no good")

    for _ in range(2):
        try:
            breaks()
        except ValueError:
            pass

    def both():
        found = _traces(experiment)
        return found if len(found) == 2 else None

    found = _soon(both) or []
    check("both", len(found), 2)
    check("error", [str(getattr(t.info.status, "value", t.info.status)) for t in found], ["ERROR", "ERROR"])
    ids = [t.info.trace_id if is_3 else t.info.request_id for t in found]
    client.delete_traces(experiment, **{"trace_ids" if is_3 else "request_ids": ids[:1]})
    check("one deleted", [t.info.trace_id if is_3 else t.info.request_id for t in _traces(experiment)], ids[1:])
