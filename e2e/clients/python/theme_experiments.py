from mlflow.entities import ViewType

from checks import check, client, mlflow, new_experiment, refuses, unique


def test_default_experiment():
    default = client.get_experiment("0")
    check("name", default.name, "Default")
    check("by its name", client.get_experiment_by_name("Default").experiment_id, "0")
    check("stage", default.lifecycle_stage, "active")


def test_life_of_an_experiment():
    name = unique("team/vision ünï ✓")
    id = client.create_experiment(name, tags={"team": "vision", "note": "ä\n✓"})
    found = client.get_experiment(id)
    check("id is a decimal", id.isdigit() and int(id) > 0)
    check("name", found.name, name)
    check("tags", found.tags, {"team": "vision", "note": "ä\n✓"})
    check("location", found.artifact_location.rstrip("/").endswith(id))
    check("times", 0 < found.creation_time <= found.last_update_time)
    refuses("name taken", "RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(name))

    client.set_experiment_tag(id, "team", "audio")
    check("tag changed", client.get_experiment(id).tags["team"], "audio")
    client.rename_experiment(id, f"{name} 2")
    check("old name is free", client.get_experiment_by_name(name), None)
    renamed = client.get_experiment_by_name(f"{name} 2")
    check("new name", renamed.experiment_id, id)
    check("updated", renamed.last_update_time >= found.last_update_time)

    run = client.create_run(id)
    client.delete_experiment(id)
    check("deleted", client.get_experiment(id).lifecycle_stage, "deleted")
    check("its runs too", client.get_run(run.info.run_id).info.lifecycle_stage, "deleted")
    check("its name still answers", client.get_experiment_by_name(f"{name} 2").experiment_id, id)
    refuses("deleted twice", "RESOURCE_DOES_NOT_EXIST", lambda: client.delete_experiment(id))
    refuses("its name stays taken", "RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(f"{name} 2"))
    refuses("no new runs", "INVALID_PARAMETER_VALUE", lambda: client.create_run(id), "must be in the 'active' state")
    client.restore_experiment(id)
    check("restored", client.get_experiment(id).lifecycle_stage, "active")
    check("with its runs", client.get_run(run.info.run_id).info.lifecycle_stage, "active")


def test_set_experiment():
    name = unique("set")
    first = mlflow.set_experiment(name)
    check("again", mlflow.set_experiment(name).experiment_id, first.experiment_id)
    check("by id", mlflow.set_experiment(experiment_id=first.experiment_id).name, name)
    check("unknown name", client.get_experiment_by_name(unique("no")), None)
    refuses("unknown id", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("987654321"))


def test_search_experiments():
    stamp = unique("s")
    ids = [client.create_experiment(f"{stamp}-{letter}", tags={"letter": letter, stamp: "x"}) for letter in "abc"]
    other = client.create_experiment(f"{stamp}-other")

    def search(filter, **options):
        return [e.experiment_id for e in client.search_experiments(filter_string=filter, **options)]

    check("LIKE, newest first", search(f"name LIKE '{stamp}-_'"), ids[::-1])
    check("ILIKE", search(f"name ILIKE '{stamp.upper()}-A'"), ids[:1])
    check("tag", search(f"tags.`{stamp}` = 'x' AND tags.letter != 'b'", order_by=["name ASC"]), [ids[0], ids[2]])
    check("order", search(f"name LIKE '{stamp}-_'", order_by=["name DESC"]), ids[::-1])
    check("by id", search(f"name LIKE '{stamp}%'", order_by=["experiment_id ASC"]), [*ids, other])
    created = client.get_experiment(ids[1]).creation_time
    check("time", ids[1] in search(f"creation_time >= {created} AND name LIKE '{stamp}%'"))
    pages, token = [], None
    while True:
        page = client.search_experiments(filter_string=f"name LIKE '{stamp}%'", max_results=2, order_by=["name ASC"], page_token=token)
        pages.append([e.experiment_id for e in page])
        token = page.token
        if not token:
            break
    check("pages", pages, [ids[:2], [ids[2], other]])
    client.delete_experiment(ids[0])
    check("active only", search(f"name LIKE '{stamp}-_'"), [ids[2], ids[1]])
    check("deleted only", search(f"name LIKE '{stamp}-_'", view_type=ViewType.DELETED_ONLY), [ids[0]])
    check("all", sorted(search(f"name LIKE '{stamp}-_'", view_type=ViewType.ALL)), sorted(ids))
    refuses("bad filter", "INVALID_PARAMETER_VALUE", lambda: search("nonsense = 1"))
    check("all by the fluent call", {e.experiment_id for e in mlflow.search_experiments(max_results=None)} >= set(ids[1:]))


def test_artifact_location_of_ones_own():
    id = client.create_experiment(unique("location"), artifact_location="s3://bucket/some/prefix")
    check("kept", client.get_experiment(id).artifact_location, "s3://bucket/some/prefix")
    run = client.create_run(id)
    check("of a run", run.info.artifact_uri, f"s3://bucket/some/prefix/{run.info.run_id}/artifacts")
    new_experiment()
