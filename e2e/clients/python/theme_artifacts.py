import os
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from PIL import Image
from requests.exceptions import HTTPError

from checks import check, client, mlflow, new_experiment


def _listed(files):
    return [(f.path, f.is_dir, f.file_size) for f in files]


def test_texts_dicts_and_listings():
    new_experiment()
    with mlflow.start_run() as run:
        id = run.info.run_id
        mlflow.log_text("hello\n", "notes/hello.txt")
        mlflow.log_text("<b>ünï ✓</b>", "page.html")
        mlflow.log_dict({"a": [1, 2], "b": {"c": "ü"}}, "config.json")
        mlflow.log_dict({"a": 1}, "deep/er/config.yml")
        mlflow.log_text("second", "notes/hello.txt")
        check("uri", mlflow.get_artifact_uri("notes"), f"{run.info.artifact_uri}/notes")
    check("root", _listed(client.list_artifacts(id)), [("config.json", False, client.list_artifacts(id)[0].file_size), ("deep", True, None), ("notes", True, None), ("page.html", False, 16)])
    check("folder", _listed(client.list_artifacts(id, "notes")), [("notes/hello.txt", False, 6)])
    check("folder in folder", _listed(client.list_artifacts(id, "deep")), [("deep/er", True, None)])
    check("of a file", client.list_artifacts(id, "page.html"), [])
    check("of nothing", client.list_artifacts(id, "nothing"), [])
    check("text, the later one", mlflow.artifacts.load_text(f"runs:/{id}/notes/hello.txt"), "second")
    check("unicode", mlflow.artifacts.load_text(f"{run.info.artifact_uri}/page.html"), "<b>ünï ✓</b>")
    check("dict", mlflow.artifacts.load_dict(f"runs:/{id}/config.json"), {"a": [1, 2], "b": {"c": "ü"}})
    check("list by uri", [f.path for f in mlflow.artifacts.list_artifacts(f"runs:/{id}/notes")], ["notes/hello.txt"])
    with tempfile.TemporaryDirectory() as folder:
        try:
            mlflow.artifacts.download_artifacts(run_id=id, artifact_path="no/such.txt", dst_path=folder)
            check("missing file", "was found", "an error")
        except Exception as error:
            check("missing file", "such.txt" in str(error))


def test_odd_names_and_sizes():
    new_experiment()
    names = ["plain.txt", "mit Leerzeichen & 100%.txt", "日本語.txt", "empty.txt", "a+b=c;d,e'f(g)!.txt", "no-extension", ".hidden", "ünïcode dir/ä.txt"]
    content = {name: b"" if name == "empty.txt" else (name * 3).encode() for name in names}
    content["big.bin"] = os.urandom(3 * 1024 * 1024 + 7)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as back:
        for name, data in content.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(folder, "odd names")
            mlflow.log_artifact(os.path.join(folder, "plain.txt"))
        sizes = {f.path: f.file_size for f in client.list_artifacts(run.info.run_id, "odd names") if not f.is_dir}
        # The empty file has no size in MLflow's answers, which its client reads as none or 0.
        check("sizes", {name: sizes[f"odd names/{name}"] or 0 for name in content if "/" not in name}, {name: len(data) for name, data in content.items() if "/" not in name})
        local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="odd names", dst_path=back)
        for name, data in content.items():
            with open(os.path.join(local, name), "rb") as f:
                check(f"content of {name}", f.read() == data)
        single = client.download_artifacts(run.info.run_id, "odd names/日本語.txt", back)
        with open(single, "rb") as f:
            check("one of them", f.read(), content["日本語.txt"])


def test_five_hundred_files():
    new_experiment()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as back:
        for i in range(500):
            with open(os.path.join(folder, f"{i:03}.txt"), "w") as f:
                f.write(str(i))
        with mlflow.start_run() as run:
            mlflow.log_artifacts(folder, "many")
        listed = client.list_artifacts(run.info.run_id, "many")
        check("listed in order", [f.path for f in listed], [f"many/{i:03}.txt" for i in range(500)])
        local = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/many", dst_path=back)
        check("contents", [open(os.path.join(local, f"{i:03}.txt")).read() for i in range(500)], [str(i) for i in range(500)])


def test_figures_and_images():
    new_experiment()
    with mlflow.start_run() as run:
        id = run.info.run_id
        figure, axes = plt.subplots()
        axes.plot([1, 2, 3])
        mlflow.log_figure(figure, "plots/line.png")
        plt.close(figure)
        pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        mlflow.log_image(pixels, "one.png")
        mlflow.log_image(Image.fromarray(pixels), "pil.png")
        for step in range(3):
            mlflow.log_image(pixels, key="dogs", step=step)
    with tempfile.TemporaryDirectory() as folder:
        with open(client.download_artifacts(id, "plots/line.png", folder), "rb") as f:
            check("a PNG", f.read(8), b"\x89PNG\r\n\x1a\n")
    check("image as it was", np.array(mlflow.artifacts.load_image(f"runs:/{id}/one.png")).tolist(), pixels.tolist())
    # Without its own file name each step is a full picture and a small one.
    check("steps", len(client.list_artifacts(id, "images")), 6)
    check("the tag that pages look for", client.get_run(id).data.tags.get("mlflow.loggedImages"), "True")


def test_tables():
    experiment = new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_table({"q": ["a", "b"], "s": [1, 2]}, artifact_file="eval.json")
        mlflow.log_table(pd.DataFrame({"q": ["c"], "s": [3]}), artifact_file="eval.json")
    with mlflow.start_run() as other:
        mlflow.log_table({"q": ["z"], "s": [9]}, artifact_file="eval.json")
    check("one run", mlflow.load_table("eval.json", run_ids=[run.info.run_id])["s"].tolist(), [1, 2, 3])
    both = mlflow.load_table("eval.json", run_ids=[run.info.run_id, other.info.run_id], extra_columns=["run_id"])
    check("two runs", sorted(zip(both["run_id"], both["s"])), sorted([(run.info.run_id, s) for s in (1, 2, 3)] + [(other.info.run_id, 9)]))
    check("tag", "eval.json" in client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"])
    check("experiment", client.get_run(other.info.run_id).info.experiment_id, experiment)


def test_paths_out_of_the_run():
    new_experiment()
    run = mlflow.start_run()
    mlflow.end_run()
    for path in ["../other", "a/../../b", "/etc/passwd"]:
        try:
            check(path, client.list_artifacts(run.info.run_id, path), "a refusal")
        except (HTTPError, MlflowException) as error:
            check(f"{path}: {error}", "Invalid path" in str(error))


def test_deleting_by_the_command_line_repository():
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("x", "folder/a.txt")
        mlflow.log_text("x", "folder/b.txt")
    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("folder/a.txt")
    check("one is gone", [f.path for f in client.list_artifacts(run.info.run_id, "folder")], ["folder/b.txt"])
    repository.delete_artifacts("folder")
    check("the folder too", [f.path for f in client.list_artifacts(run.info.run_id)], [])
