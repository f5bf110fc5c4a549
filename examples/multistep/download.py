# download.py
import os
import tempfile

import click
import mlflow
import requests

FILE_NAME = "seattle-weather.csv"


@click.command(help="This program downloads the data and keeps it as an artifact.")
@click.option("--url", default="", help="Where the data is; empty takes the tracking server's own copy")
def task(url):
    with mlflow.start_run():
        url = url or sample_url()
        print("Downloading %s" % url)
        response = requests.get(url, timeout=60)
        if not response.ok:
            raise click.ClickException("%s answered %s. Pass the data's address as the parameter url." % (url, response.status_code))

        with tempfile.TemporaryDirectory() as output:
            with open(os.path.join(output, FILE_NAME), "wb") as file:
                file.write(response.content)
            mlflow.log_metric("bytes", len(response.content))
            print("Uploading output: %s" % output)
            mlflow.log_artifacts(output, "file_path")


def sample_url():
    tracking_uri = mlflow.get_tracking_uri().rstrip("/")
    if not tracking_uri.startswith("http"):
        raise click.ClickException("There is no tracking server to take the data from. Pass its address as the parameter url.")
    return "%s/samples/%s" % (tracking_uri, FILE_NAME)


if __name__ == '__main__':
    task()
