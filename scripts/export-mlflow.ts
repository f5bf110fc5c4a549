/* `npm run export-mlflow -- --to …`: writes a workspace to an MLflow server (docs/moving-from-mlflow.md). */
import { authOf, endWith, readOptions, reportTo, say, stopSignal, useFlowbookData } from "./transfer-cli";

const usage = `npm run export-mlflow -- --to <tracking URI> [options]

  --to URI               http(s)://… of an MLflow server that serves its artifacts.
  --experiment NAME|ID   Write this one; may be repeated. Else all, deleted ones too.
  --no-artifacts         Leave the files.
  --workspace SLUG       The workspace here (default: default).
  --to-workspace NAME    One of MLflow's own workspaces there.
  --report FILE          Write every note there: what could not be carried over.

Signs in by MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN. Reads the Flowbook of FLOWBOOK_DATA (default: data),
which must be running. Exit status: 0 all is there, 1 not all, 130 stopped.`;

const options = readOptions(usage, {
  to: { type: "string" },
  experiment: { type: "string", multiple: true },
  "no-artifacts": { type: "boolean" },
  workspace: { type: "string" },
  "to-workspace": { type: "string" },
  report: { type: "string" },
}, ["to"]);

const signal = stopSignal();
await endWith(async () => {
  useFlowbookData();
  // Only now: the configuration is read as these are loaded.
  const { FlowbookSource, openFlowbook, RestClient, runExport } = await import("../server/transfer");
  if (!/^https?:\/\//i.test(options.to ?? "")) throw new Error("--to takes the http(s) address of an MLflow server.");
  const flowbook = await openFlowbook(options.workspace);
  try {
    const client = new RestClient(options.to ?? "", authOf(), options["to-workspace"]);
    say(`Exporting to ${client.label}`);
    const source = new FlowbookSource(flowbook.ctx, `workspace ${options.workspace ?? "default"}`);
    return await runExport({ source, client, experiments: options.experiment ?? [], withArtifacts: !options["no-artifacts"], signal, say, keepReport: reportTo(options.report) });
  } finally {
    await flowbook.close();
  }
}, "Run the same command again to go on from there.");
