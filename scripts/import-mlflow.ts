/* `npm run import-mlflow -- --from …`: brings the store of an MLflow server here (docs/moving-from-mlflow.md). */
import { authOf, endWith, readOptions, reportTo, say, stopSignal, useFlowbookData } from "./transfer-cli";

const usage = `npm run import-mlflow -- --from <address> [options]

  --from URI             http(s)://… of a tracking server, sqlite:///path (four slashes for an absolute one), or postgresql://…
  --experiment NAME|ID   Bring this one; may be repeated. Else all, deleted ones too.
  --artifacts-root DIR   For databases: the folder behind mlflow-artifacts:, or where the artifact folders were moved to.
  --no-artifacts         Leave the files.
  --from-workspace NAME  One of MLflow's own workspaces (default: default).
  --workspace SLUG       The workspace here (default: default).
  --report FILE          Write every note there: new ids, what could not be carried over.
  --again                Look again at what was brought whole.

Signs in to a tracking server by MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN. Works on the Flowbook of
FLOWBOOK_DATA (default: data), which may be running. Exit status: 0 all is here, 1 not all, 130 stopped.`;

const options = readOptions(usage, {
  from: { type: "string" },
  experiment: { type: "string", multiple: true },
  "artifacts-root": { type: "string" },
  "no-artifacts": { type: "boolean" },
  "from-workspace": { type: "string" },
  workspace: { type: "string" },
  again: { type: "boolean" },
  report: { type: "string" },
}, ["from"]);

const signal = stopSignal();
await endWith(async () => {
  useFlowbookData();
  // Only now: the configuration is read as these are loaded.
  const { openFlowbook, openSource, runImport } = await import("../server/transfer");
  const flowbook = await openFlowbook(options.workspace);
  const source = await openSource({ uri: options.from ?? "", artifactsRoot: options["artifacts-root"], fromWorkspace: options["from-workspace"], auth: authOf() });
  try {
    say(`Importing from ${source.label}`);
    return await runImport(flowbook.ctx, { source, experiments: options.experiment ?? [], withArtifacts: !options["no-artifacts"], isAgain: options.again ?? false, signal, say, keepReport: reportTo(options.report) });
  } finally {
    await source.close();
    await flowbook.close();
  }
}, "Run the same command again to go on from there.");
