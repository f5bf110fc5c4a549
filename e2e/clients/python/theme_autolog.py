import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from checks import check, client, mlflow, new_experiment

X, y = np.arange(40).reshape(-1, 2).astype(float), (np.arange(20) > 9).astype(int)


def test_fit_and_metrics_after_it():
    experiment = new_experiment()
    mlflow.sklearn.autolog(log_datasets=True, log_input_examples=True)
    try:
        with mlflow.start_run() as run:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5)).fit(X, y)
            model.score(X, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = client.get_run(run.info.run_id)
    check("params", found.data.params["logisticregression__C"], "0.5")
    check("metrics", {"training_score", "training_f1_score"} - set(found.data.metrics), set())
    check("estimator", found.data.tags["estimator_name"], "Pipeline")
    check("inputs", len(found.inputs.dataset_inputs) >= 1)
    check("model", mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model").predict(X).tolist(), model.predict(X).tolist())
    check("one run", len(client.search_runs([experiment])), 1)


def test_grid_search():
    experiment = new_experiment()
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as run:
            GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).fit(X, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = client.get_run(run.info.run_id)
    check("best", "best_alpha" in found.data.params and "best_cv_score" in found.data.metrics)
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    check("children", sorted(c.data.params["alpha"] for c in children), ["0.1", "1.0", "10.0"])
    check("their scores", all("mean_test_score" in c.data.metrics for c in children))
