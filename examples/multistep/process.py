# process.py
import os
import tempfile

import click
import mlflow
import numpy as np
import pandas as pd

MEASURES = ["temp_max", "temp_min", "wind", "precipitation"]


@click.command(help="This program cleans the data, makes features of it, and splits it.")
@click.option("--file-path", required=True, help="Folder with the downloaded data")
@click.option("--max-rows", default=1000000, help="Use at most this many days, the latest ones")
@click.option("--target", default="temp_max", type=click.Choice(["temp_max", "temp_min", "wind"]))
@click.option("--use-history", default=True, type=bool, help="Add the three days before as features")
@click.option("--val-share", default=0.2, help="Share of the days kept back for validation")
def task(file_path, max_rows, target, use_history, val_share):
    with mlflow.start_run():
        days = clean(read(file_path)).tail(max_rows)
        features = make_features(days, target, use_history)
        split = int(len(features) * (1 - val_share))
        train, val = features.iloc[:split], features.iloc[split:]
        print("%d days, of which %d to train on and %d to check against" % (len(features), len(train), len(val)))
        mlflow.log_metrics({"rows": len(features), "train_rows": len(train), "val_rows": len(val), "features": features.shape[1] - 2})

        with tempfile.TemporaryDirectory() as output:
            train.to_csv(os.path.join(output, "train.csv"), index=False)
            val.to_csv(os.path.join(output, "val.csv"), index=False)
            print("Uploading output: %s" % output)
            mlflow.log_artifacts(output, "data_path")


def read(file_path):
    if os.path.isdir(file_path):
        file_path = os.path.join(file_path, sorted(os.listdir(file_path))[0])
    return pd.read_csv(file_path, parse_dates=["date"])


def clean(days):
    days = days.drop_duplicates("date").sort_values("date").dropna(subset=MEASURES)
    # Rain falls in a few heavy days; its logarithm is easier to learn from.
    return days.assign(precipitation=np.log1p(days["precipitation"]))


def make_features(days, target, use_history):
    """One row for each day; "target" is the value of the day after."""
    angle = 2 * np.pi * days["date"].dt.day_of_year / 365.25
    features = days[["date"] + MEASURES].assign(season_sin=np.sin(angle), season_cos=np.cos(angle))
    for kind in sorted(days["weather"].unique()):
        features["is_" + kind] = (days["weather"] == kind).astype(float)
    if use_history:
        for ago in (1, 2, 3):
            for measure in MEASURES:
                features["%s_%d_ago" % (measure, ago)] = days[measure].shift(ago)
    features["target"] = days[target].shift(-1)
    return features.dropna()


if __name__ == '__main__':
    task()
