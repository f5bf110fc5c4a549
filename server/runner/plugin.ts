import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { env } from "@/server/env";

/*
 * The Python package that makes a nested mlflow.run() a job of its own. It is copied rather than built: no pip, no network,
 * and the same on every Python from 3.6 on.
 */

const version = "0.1.0";
const distName = "flowbook_project_backend";

const entryPoints = `[mlflow.run_context_provider]
flowbook = flowbook_mlflow:StepContext

[mlflow.default_experiment_provider]
flowbook = flowbook_mlflow:StepExperiment

[mlflow.project_backend]
flowbook = flowbook_mlflow.backend:FlowbookBackend
`;

const metadata = `Metadata-Version: 2.1
Name: flowbook-project-backend
Version: ${version}
Summary: Makes a nested mlflow.run() inside a Flowbook step a run of its own
License: Apache-2.0
Requires-Python: >=3.6
`;

const sourceDir = () => join(env().appDir, "python", "flowbook_mlflow");

/** Puts the package into an environment's site-packages folder; one that is there is replaced. */
export async function installPlugin(sitePackagesDir: string): Promise<void> {
  const target = join(sitePackagesDir, "flowbook_mlflow");
  const info = join(sitePackagesDir, `${distName}-${version}.dist-info`);
  await rm(target, { recursive: true, force: true });
  await rm(info, { recursive: true, force: true });
  const isSource = (path: string) => !path.includes("__pycache__") && !path.endsWith(".pyc");
  await cp(sourceDir(), target, { recursive: true, filter: isSource });
  await mkdir(info, { recursive: true });
  await writeFile(join(info, "METADATA"), metadata);
  await writeFile(join(info, "entry_points.txt"), entryPoints);
  await writeFile(join(info, "INSTALLER"), "flowbook\n");
  await writeFile(join(info, "top_level.txt"), "flowbook_mlflow\n");
  const files = (await readdir(target)).filter(isSource).map((f) => `flowbook_mlflow/${f},,`);
  const infoFiles = (await readdir(info)).map((f) => `${distName}-${version}.dist-info/${f},,`);
  await writeFile(join(info, "RECORD"), [...files, ...infoFiles, `${distName}-${version}.dist-info/RECORD,,`, ""].join("\n"));
}

/** Changes whenever the package does: a part of an environment's key. */
export async function pluginKey(): Promise<string> {
  const hash = createHash("sha256").update(entryPoints).update(metadata);
  for (const name of (await readdir(sourceDir())).filter((f) => f.endsWith(".py")).sort()) hash.update(name).update(await readFile(join(sourceDir(), name)));
  return hash.digest("hex").slice(0, 16);
}
