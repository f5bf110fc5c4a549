/* `npm run compare-mlflow -- --left … --right …`: lists in what two tracking stores differ (docs/moving-from-mlflow.md). */
import { authOf, endWith, readOptions, say, stopSignal } from "./transfer-cli";

const usage = `npm run compare-mlflow -- --left <address> --right <address> [options]

  --left, --right URI    http(s)://… of a tracking server (Flowbook or MLflow), sqlite:///path or postgresql://…
  --experiment NAME|ID   Compare this one; may be repeated. Else all, and the model registry.
  --left-artifacts-root, --right-artifacts-root DIR
                         For databases: the folder behind mlflow-artifacts:.
  --sizes                Compare the files' sizes, not their contents.
  --no-artifacts         Leave the files.

Signs in by MLFLOW_TRACKING_USERNAME and _PASSWORD or _TOKEN on the left, MLFLOW_RIGHT_USERNAME and so on on the right.
Exit status: 0 no difference, 1 some, 130 stopped.`;

const options = readOptions(usage, {
  left: { type: "string" },
  right: { type: "string" },
  experiment: { type: "string", multiple: true },
  "left-artifacts-root": { type: "string" },
  "right-artifacts-root": { type: "string" },
  sizes: { type: "boolean" },
  "no-artifacts": { type: "boolean" },
}, ["left", "right"]);

const signal = stopSignal();
await endWith(async () => {
  const { openSource, runCompare } = await import("../server/transfer");
  const left = await openSource({ uri: options.left ?? "", artifactsRoot: options["left-artifacts-root"], auth: authOf() });
  const right = await openSource({ uri: options.right ?? "", artifactsRoot: options["right-artifacts-root"], auth: authOf("MLFLOW_RIGHT") });
  try {
    return await runCompare({ left, right, experiments: options.experiment ?? [], withArtifacts: !options["no-artifacts"], withContent: !options.sizes, signal, say });
  } finally {
    await left.close();
    await right.close();
  }
}, "Run the same command again.");
