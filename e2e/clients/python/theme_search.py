from mlflow.entities import ViewType

from checks import check, client, is_3, mlflow, new_experiment, refuses, run_ids


def _runs():
    """Five runs with params, tags and metrics that tell them apart; their ids by name."""
    experiment = new_experiment()
    ids = {}
    for i, name in enumerate(["alpha", "beta", "gamma", "delta", "epsilon"]):
        with mlflow.start_run(run_name=name, tags={"team": "red" if i % 2 else "blue", "odd key.x": str(i)}) as run:
            mlflow.log_params({"lr": 10**-i, "model": f"Net_{i}"})
            if i < 4:
                mlflow.log_metric("acc", [0.5, 0.9, float("nan"), 0.7][i])
            mlflow.log_metric("val/loss", i)
        client.update_run(run.info.run_id, status="FAILED" if i == 4 else "FINISHED")
        ids[name] = run.info.run_id
    return experiment, ids


def test_filters():
    experiment, ids = _runs()

    def named(filter, **options):
        return sorted(r.info.run_name for r in client.search_runs([experiment], filter, **options))

    everyone = sorted(ids)
    for filter, wanted in [
        ("", everyone),
        ("metrics.acc > 0.6", ["beta", "delta"]),
        ("metrics.acc >= 0.5 and metrics.acc <= 0.7", ["alpha", "delta"]),
        ("metric.acc = 0.9", ["beta"]),
        ("metrics.acc != 0.9", ["alpha", "delta", "gamma"]),
        ("metrics.`val/loss` < 1e0", ["alpha"]),
        ('metrics."val/loss" > -1', everyone),
        ("params.lr = '0.1'", ["beta"]),
        ('params.lr != "0.1"', ["alpha", "delta", "epsilon", "gamma"]),
        ("parameters.model LIKE 'Net_%'", everyone),
        ("params.model LIKE 'net_%'", []),
        ("params.model ILIKE 'net__' AND params.lr = '1'", ["alpha"]),
        ("tags.team = 'red'", ["beta", "delta"]),
        ("tag.team != 'red'", ["alpha", "epsilon", "gamma"]),
        ("tags.`odd key.x` = '3'", ["delta"]),
        ("tags.mlflow.runName = 'beta'", ["beta"]),
        ("attributes.status = 'FAILED'", ["epsilon"]),
        ("status != 'FINISHED'", ["epsilon"]),
        ("attributes.run_name LIKE '%a'", ["alpha", "beta", "delta", "gamma"]),
        ("run.run_name ILIKE 'A%'", ["alpha"]),
        ("`run name` = 'beta'", ["beta"]),
        (f"attributes.run_id IN ('{ids['alpha']}', '{ids['beta']}')", ["alpha", "beta"]),
        (f"run_id NOT IN ('{ids['alpha']}', '{ids['beta']}')", ["delta", "epsilon", "gamma"]),
        (f"attributes.run_id = '{ids['gamma']}'", ["gamma"]),
        ("attributes.start_time > 0 AND attributes.end_time > 1", everyone),
        (f"attributes.artifact_uri LIKE '%{ids['gamma']}%'", ["gamma"]),
        ('params.lr = "it\'s"', []),
    ]:
        check(filter, named(filter), wanted)
    if is_3:
        check("IS NULL", named("params.nothing IS NULL"), everyone)
        check("IS NOT NULL", named("tags.team IS NOT NULL AND params.nothing IS NULL"), everyone)
    for filter in ["metrics.acc > '1'", "params.lr > 3", "params.lr = 3", "metrics.acc", "foo.bar = 'x'", "attributes.nothing = 'x'", "metrics.acc > 1;", "status = FAILED"]:
        refuses(filter, "INVALID_PARAMETER_VALUE", lambda: named(filter))


def test_order_and_pages():
    experiment, ids = _runs()

    def ordered(*order_by):
        return [r.info.run_name for r in client.search_runs([experiment], order_by=list(order_by))]

    newest_first = ["epsilon", "delta", "gamma", "beta", "alpha"]
    check("default", ordered(), newest_first)
    check("metric up: values, NaN, missing", ordered("metrics.acc"), ["alpha", "delta", "beta", "gamma", "epsilon"])
    check("metric down: values, NaN, missing", ordered("metrics.acc DESC"), ["beta", "delta", "alpha", "gamma", "epsilon"])
    check("param", ordered("params.model ASC"), ["alpha", "beta", "gamma", "delta", "epsilon"])
    check("two", ordered("tags.team DESC", "params.model DESC"), ["delta", "beta", "epsilon", "gamma", "alpha"])
    check("attribute", ordered("attributes.run_name DESC"), ["gamma", "epsilon", "delta", "beta", "alpha"])
    check("start", ordered("start_time ASC"), newest_first[::-1])
    refuses("twice", "INVALID_PARAMETER_VALUE", lambda: ordered("nonsense.x DESC"))

    for order in [[], ["metrics.acc DESC"], ["params.model ASC"], ["attributes.run_name"]]:
        whole = run_ids(client.search_runs([experiment], order_by=order))
        got, token, sizes = [], None, []
        while True:
            page = client.search_runs([experiment], order_by=order, max_results=2, page_token=token)
            sizes.append(len(page))
            got += run_ids(page)
            token = page.token
            if not token:
                break
        check(f"pages by {order}", (got, sizes), (whole, [2, 2, 1]))
    exact = client.search_runs([experiment], max_results=5)
    check("no token without a further row", exact.token or None, None)
    refuses("bad token", "INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], page_token="!!"))
    refuses("too many", "INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], max_results=50_001))


def test_data_frames_and_several_experiments():
    first, ids = _runs()
    name = client.get_experiment(first).name
    second, others = _runs()
    frame = mlflow.search_runs([first], "metrics.acc > 0.6", order_by=["metrics.acc DESC"])
    check("columns", {"run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time", "metrics.acc", "metrics.val/loss", "params.lr", "tags.team", "tags.mlflow.runName"} - set(frame.columns), set())
    check("rows", (frame["run_id"].tolist(), frame["metrics.acc"].tolist()), ([ids["beta"], ids["delta"]], [0.9, 0.7]))
    check("list", run_ids(mlflow.search_runs([first, second], "attributes.run_name = 'beta'", output_format="list", order_by=["start_time"])), [ids["beta"], others["beta"]])
    check("by name", len(mlflow.search_runs(experiment_names=[name])), 5)
    check("everywhere", len(mlflow.search_runs(search_all_experiments=True, filter_string=f"attributes.run_id IN ('{ids['beta']}', '{others['beta']}')")), 2)
    check("empty", mlflow.search_runs([first], "metrics.acc > 5").empty)
    check("unknown experiment", len(client.search_runs(["987654321"])), 0)
    client.delete_run(ids["alpha"])
    check("views", [len(client.search_runs([first], run_view_type=v)) for v in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)], [4, 1, 5])


def test_many_pages_while_runs_are_added():
    experiment = new_experiment()
    ids = [client.create_run(experiment, start_time=1000 + i).info.run_id for i in range(25)]
    page = client.search_runs([experiment], max_results=10, order_by=["start_time ASC"])
    got = run_ids(page)
    while page.token:
        client.create_run(experiment, start_time=5000)
        page = client.search_runs([experiment], max_results=10, order_by=["start_time ASC"], page_token=page.token)
        got += run_ids(page)
    check("each once", got[:25], ids)
