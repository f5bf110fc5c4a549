# main.py
import os

import click
import mlflow


@click.command(help="This program runs the steps in order.")
@click.option("--input1", default=1000000, type=int, help="Use at most this many days")
@click.option("--target", default="temp_max", help="What to forecast for the next day")
@click.option("--use-history", default=True, type=bool)
@click.option("--val-share", default=0.2, type=float)
@click.option("--epochs", default=60, type=int)
@click.option("--url", default="", help="Where the data is; empty takes the tracking server's own copy")
def workflow(input1, target, use_history, val_share, epochs, url):
    with mlflow.start_run():
        print("Launching 'download'", flush=True)
        download_run = mlflow.run(".", "download", parameters={"url": url}, env_manager="local")
        download_run = mlflow.tracking.MlflowClient().get_run(download_run.run_id)
        file_path_uri = os.path.join(download_run.info.artifact_uri, "file_path")

        print("Launching 'process'", flush=True)
        process_run = mlflow.run(".", "process", parameters={"file_path": file_path_uri, "max_rows": input1, "target": target, "use_history": use_history, "val_share": val_share}, env_manager="local")
        process_run = mlflow.tracking.MlflowClient().get_run(process_run.run_id)
        data_path_uri = os.path.join(process_run.info.artifact_uri, "data_path")

        print("Launching 'train'", flush=True)
        train_run = mlflow.run(".", "train", parameters={"data_path": data_path_uri, "epochs": epochs}, env_manager="local")
        train_run = mlflow.tracking.MlflowClient().get_run(train_run.run_id)

        val_rmse = train_run.data.metrics["val_rmse"]
        mlflow.log_metric("val_rmse", val_rmse)
        print("The forecast is off by %.2f (root mean square)" % val_rmse)


if __name__ == '__main__':
    workflow()
