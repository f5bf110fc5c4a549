import { bytes, count, type Say } from "./progress";
import { emptyTally, type Tally } from "./types";

const words: Record<keyof Tally, string> = {
  experiments: "experiments", experimentTags: "experiment tags", runs: "runs", params: "params", tags: "tags", metricPoints: "metric points", datasets: "dataset inputs",
  modelInputs: "model inputs", modelOutputs: "model outputs", loggedModels: "logged models", loggedModelParams: "logged model params", loggedModelTags: "logged model tags",
  loggedModelMetrics: "logged model metrics", artifactFiles: "artifact files", artifactBytes: "artifact bytes", registeredModels: "registered models", registeredModelTags: "registered model tags",
  modelVersions: "model versions", modelVersionTags: "model version tags", aliases: "aliases",
};

/** Prints both sides' counts beside each other. @returns how many of them differ. */
export function tellBothSides(say: Say, names: [string, string], left: Partial<Tally>, right: Partial<Tally>): number {
  let differences = 0;
  say(`${"".padEnd(24)}${names[0].padStart(16)}${names[1].padStart(16)}`);
  for (const noun of Object.keys(emptyTally()) as (keyof Tally)[]) {
    const [a, b] = [left[noun] ?? 0, right[noun] ?? 0];
    if (a !== b) differences++;
    const size = noun === "artifactBytes" && a === b ? `   ${bytes(a)}` : "";
    say(`${words[noun].padEnd(24)}${count(a).padStart(16)}${count(b).padStart(16)}${a === b ? "" : "   differs"}${size}`);
  }
  return differences;
}
