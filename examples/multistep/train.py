# train.py
import os
import sys

import click
import matplotlib
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BATCH_ROWS = 16
GREEN, DIM, RESET = "\033[32m", "\033[2m", "\033[0m"


@click.command(help="This program trains a small network and keeps the model.")
@click.option("--data-path", required=True, help="Folder with train.csv and val.csv")
@click.option("--epochs", default=60, help="How often the network sees all the days")
@click.option("--learning-rate", default=0.001)
def task(data_path, epochs, learning_rate):
    with mlflow.start_run():
        train = pd.read_csv(os.path.join(data_path, "train.csv"))
        val = pd.read_csv(os.path.join(data_path, "val.csv"))
        x_train, y_train = train.drop(columns=["date", "target"]), train["target"].to_numpy()
        x_val, y_val = val.drop(columns=["date", "target"]), val["target"].to_numpy()
        mlflow.log_params({"hidden_units": 32, "batch_rows": BATCH_ROWS, "features": x_train.shape[1]})

        scaler = StandardScaler().fit(x_train)
        network = MLPRegressor(hidden_layer_sizes=(32,), learning_rate_init=learning_rate, random_state=0)
        model = make_pipeline(scaler, network)
        rows = scaler.transform(x_train)
        shuffle = np.random.default_rng(0)
        print("Training on %d days, checking against %d" % (len(train), len(val)))
        for epoch in range(1, epochs + 1):
            order = shuffle.permutation(len(rows))
            for start in range(0, len(rows), BATCH_ROWS):
                batch = order[start:start + BATCH_ROWS]
                network.partial_fit(rows[batch], y_train[batch])
            train_loss = mean_square(network.predict(rows), y_train)
            val_rmse = mean_square(model.predict(x_val), y_val) ** 0.5
            mlflow.log_metrics({"train_loss": train_loss, "val_rmse": val_rmse}, step=epoch)
            show_progress(epoch, epochs, val_rmse)

        predicted = model.predict(x_val)
        mlflow.log_metric("val_mae", float(np.abs(predicted - y_val).mean()))
        mlflow.log_figure(draw(val["date"], y_val, predicted), "forecast.png")
        mlflow.log_table({"date": list(val["date"]), "actual": list(y_val), "forecast": list(predicted.round(2))}, "forecast.json")
        mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(x_val, predicted),
            # Named, because finding them out takes longer than the training.
            pip_requirements=["scikit-learn", "pandas", "skops"],
            # The network carries its optimizer along, which skops wants to be told is safe.
            skops_trusted_types=["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"],
        )
        print("%sDone: off by %.2f on an average day%s" % (GREEN, np.abs(predicted - y_val).mean(), RESET))


def mean_square(predicted, actual):
    return float(((predicted - actual) ** 2).mean())


def show_progress(epoch, epochs, val_rmse):
    if not sys.stdout.isatty():
        if epoch % 10 == 0 or epoch == epochs:
            print("epoch %d of %d, val_rmse %.3f" % (epoch, epochs, val_rmse), flush=True)
        return
    width = 30
    done = width * epoch // epochs
    bar = GREEN + "█" * done + DIM + "░" * (width - done) + RESET
    sys.stdout.write("\repoch %3d/%d %s val_rmse %.3f " % (epoch, epochs, bar, val_rmse))
    sys.stdout.write("\n" if epoch == epochs else "")
    sys.stdout.flush()


def draw(dates, actual, forecast):
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    days = pd.to_datetime(dates)
    axes.plot(days, actual, linewidth=1, label="actual")
    axes.plot(days, forecast, linewidth=1, label="forecast")
    axes.set_title("The next day, as it was and as it was forecast")
    axes.legend()
    return figure


if __name__ == '__main__':
    task()
