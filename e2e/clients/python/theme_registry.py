from checks import check, client, is_3, mlflow, new_experiment, refuses, unique


def _source():
    """A run to register versions from."""
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("x", "model/MLmodel")
    return run.info.run_id, f"{run.info.artifact_uri}/model"


def test_registered_models():
    name = unique("reg")
    made = client.create_registered_model(name, tags={"a": "1"}, description="d ✓")
    check("made", (made.name, made.tags, made.description), (name, {"a": "1"}, "d ✓"))
    refuses("taken", "RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    client.set_registered_model_tag(name, "b", "2")
    client.delete_registered_model_tag(name, "a")
    client.delete_registered_model_tag(name, "never there")
    client.update_registered_model(name, description="changed")
    found = client.get_registered_model(name)
    check("changed", (found.tags, found.description, found.latest_versions), ({"b": "2"}, "changed", []))
    client.rename_registered_model(name, f"{name}-2")
    check("renamed", client.get_registered_model(f"{name}-2").description, "changed")
    refuses("old name", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name))
    client.create_registered_model(name)
    refuses("rename to a taken name", "RESOURCE_ALREADY_EXISTS", lambda: client.rename_registered_model(name, f"{name}-2"))
    client.delete_registered_model(name)
    refuses("delete twice", "RESOURCE_DOES_NOT_EXIST", lambda: client.delete_registered_model(name))
    for bad in ["", "a/b", "a:b", ".."]:
        refuses(f"name {bad!r}", "INVALID_PARAMETER_VALUE", lambda: client.create_registered_model(bad))


def test_versions_aliases_and_stages():
    run_id, source = _source()
    name = unique("ver")
    client.create_registered_model(name)
    versions = [client.create_model_version(name, source, run_id, tags={"n": str(n)}, description=f"v{n}", run_link="http://example.com") for n in range(3)]
    check("numbers", [str(v.version) for v in versions], ["1", "2", "3"])
    found = client.get_model_version(name, "2")
    check("fields", (found.status, found.run_id, found.source, found.tags, found.description, found.run_link, found.current_stage), ("READY", run_id, source, {"n": "1"}, "v1", "http://example.com", "None"))

    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "champion", "2")
    client.set_registered_model_alias(name, "other", "2")
    check("alias", str(client.get_model_version_by_alias(name, "champion").version), "2")
    check("aliases", (sorted(client.get_model_version(name, "2").aliases), client.get_model_version(name, "1").aliases), (["champion", "other"], []))
    check("of the model", {a: str(v) for a, v in client.get_registered_model(name).aliases.items()}, {"champion": "2", "other": "2"})
    client.delete_registered_model_alias(name, "other")
    refuses("deleted alias", "INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "other"), "not found")
    refuses("alias latest", "INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias(name, "latest", "1"))
    refuses("alias v1", "INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias(name, "v1", "1"))
    refuses("alias of no version", "RESOURCE_DOES_NOT_EXIST", lambda: client.set_registered_model_alias(name, "x", "77"))

    client.transition_model_version_stage(name, "1", "staging")
    client.transition_model_version_stage(name, "2", "Production")
    check("stages", {v.current_stage: str(v.version) for v in client.get_latest_versions(name)}, {"Staging": "1", "Production": "2", "None": "3"})
    client.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    check("archived", client.get_model_version(name, "2").current_stage, "Archived")
    check("latest of one", [str(v.version) for v in client.get_latest_versions(name, ["Production"])], ["3"])
    check("latest of none there", client.get_latest_versions(name, ["None"]), [])
    check("of the model", sorted(str(v.version) for v in client.get_registered_model(name).latest_versions), ["1", "2", "3"])
    refuses("no such stage", "INVALID_PARAMETER_VALUE", lambda: client.transition_model_version_stage(name, "1", "nonsense"))

    client.update_model_version(name, "1", description="new")
    client.set_model_version_tag(name, "1", "k", "v")
    client.set_model_version_tag(name, stage="Staging", key="by stage", value="1")
    client.delete_model_version_tag(name, "1", "n")
    found = client.get_model_version(name, "1")
    check("changed", (found.description, found.tags), ("new", {"k": "v", "by stage": "1"}))

    client.delete_model_version(name, "3")
    refuses("deleted", "RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "3"))
    check("number not reused", str(client.create_model_version(name, source, run_id).version), "4")
    client.delete_model_version(name, "2")
    refuses("its alias went with it", "INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "champion"))
    refuses("version of no model", "RESOURCE_DOES_NOT_EXIST", lambda: client.create_model_version(unique("no"), source, run_id))
    client.rename_registered_model(name, f"{name}-new")
    check("versions moved", sorted(str(v.version) for v in client.search_model_versions(f"name = '{name}-new'")), ["1", "4"])


def test_searches():
    run_id, source = _source()
    stamp = unique("s").replace("-", "_")
    names = [f"{stamp}_{letter}" for letter in "abc"]
    for i, name in enumerate(names):
        client.create_registered_model(name, tags={"team": "red" if i else "blue"})
        for n in range(i + 1):
            client.create_model_version(name, source, run_id, tags={"n": str(n), "mine": stamp})

    def models(filter, **options):
        return [m.name for m in client.search_registered_models(filter, **options)]

    check("LIKE", models(f"name LIKE '{stamp}%'"), names)
    check("ILIKE", models(f"name ILIKE '{stamp.upper()}_B'"), names[1:2])
    check("tags", models(f"name LIKE '{stamp}%' AND tags.team = 'red'"), names[1:])
    check("order", models(f"name LIKE '{stamp}%'", order_by=["name DESC"]), names[::-1])
    check("by time", models(f"name LIKE '{stamp}%'", order_by=["last_updated_timestamp DESC"]), names[::-1])
    page = client.search_registered_models(f"name LIKE '{stamp}%'", max_results=2)
    check("pages", ([m.name for m in page], models(f"name LIKE '{stamp}%'", max_results=2, page_token=page.token)), (names[:2], names[2:]))
    refuses("bad filter", "INVALID_PARAMETER_VALUE", lambda: models("version = 3"))

    def versions(filter, **options):
        return [(v.name[-1], int(v.version)) for v in client.search_model_versions(filter, **options)]

    check("by name", versions(f"name = '{names[2]}'", order_by=["version_number ASC"]), [("c", 1), ("c", 2), ("c", 3)])
    check("by run", sorted(versions(f"run_id = '{run_id}'")), [("a", 1), ("b", 1), ("b", 2), ("c", 1), ("c", 2), ("c", 3)])
    check("by tag", sorted(versions(f"tags.mine = '{stamp}' AND tags.n = '1'")), [("b", 2), ("c", 2)])
    check("by number", sorted(versions(f"version_number > 1 AND name LIKE '{stamp}%'")), [("b", 2), ("c", 2), ("c", 3)])
    check("by source", len(versions(f"source_path = '{source}'")), 6)
    got, token = [], None
    while True:
        page = client.search_model_versions(f"name LIKE '{stamp}%'", max_results=2, order_by=["name ASC", "version_number DESC"], page_token=token)
        got += [(v.name[-1], int(v.version)) for v in page]
        token = page.token
        if not token:
            break
    check("pages", got, [("a", 1), ("b", 2), ("b", 1), ("c", 3), ("c", 2), ("c", 1)])
    check("fluent", [m.name for m in mlflow.search_registered_models(filter_string=f"name LIKE '{stamp}%'")], names)
    check("fluent versions", len(mlflow.search_model_versions(filter_string=f"name LIKE '{stamp}%'")), 6)


def test_prompts():
    """A prompt is a registered model with tags; the ordinary searches leave it out."""
    module = mlflow
    if is_3:
        import mlflow.genai as module
    name = unique("prompt").replace("-", "_")
    first = module.register_prompt(name=name, template="Say {{word}} in {{language}}.", commit_message="first", tags={"team": "red"})
    second = module.register_prompt(name=name, template="Please say {{word}}.")
    check("versions", (str(first.version), str(second.version)), ("1", "2"))
    loaded = module.load_prompt(f"prompts:/{name}/1")
    check("template", (loaded.template, loaded.format(word="hi", language="German")), ("Say {{word}} in {{language}}.", "Say hi in German."))
    check("variables", set(loaded.variables), {"word", "language"})
    module.set_prompt_alias(name, alias="production", version=2)
    check("by alias", module.load_prompt(f"prompts:/{name}@production").template, "Please say {{word}}.")
    module.set_prompt_alias(name, alias="production", version=1)
    check("alias moved", str(client.get_prompt_version_by_alias(name, "production").version if is_3 else module.load_prompt(f"prompts:/{name}@production").version), "1")
    module.delete_prompt_alias(name, alias="production")
    if is_3:
        check("search", [p.name for p in module.search_prompts(filter_string=f"name LIKE '{name}%'")], [name])
        check("a chat prompt", module.load_prompt(module.register_prompt(name=f"{name}_chat", template=[{"role": "user", "content": "{{q}}"}]).uri).template, [{"role": "user", "content": "{{q}}"}])
    check("not among the models", [m.name for m in client.search_registered_models(f"name LIKE '{name}%'")], [])
    check("not among the versions", list(client.search_model_versions(f"name = '{name}'")), [])
