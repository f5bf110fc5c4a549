import { eachAtOnce } from "./problems";
import { count, type Say } from "./progress";
import { addTally, emptyTally, type FileOwner, type KeyValue, type Source, type Tally } from "./types";

export type TallyOptions = {
  withArtifacts: boolean;
  registry: "all" | "none";
  /** Counts only runs and logged models with such tags. */
  only?: (tags: KeyValue[]) => boolean;
  /** A tag that does not count. */
  without?: string;
  /** Told how far the counting is, now and then. */
  say?: Say;
};

/** Counts what a store holds by reading all of it. Deleted logged models do not count, as a tracking server does not show them. */
export async function tallyOf(source: Source, experiments: string[], { withArtifacts, registry, only = () => true, without, say }: TallyOptions): Promise<Tally> {
  const tally = emptyTally();
  let toldMs = Date.now();
  const tell = () => {
    if (!say || Date.now() - toldMs < 5_000) return;
    toldMs = Date.now();
    say(`  ${count(tally.runs)} runs and ${count(tally.metricPoints)} points counted`);
  };
  const tagsOf = (tags: KeyValue[]) => tags.filter((t) => t.key !== without).length;
  const countFiles = async (owner: FileOwner) => {
    for await (const file of (withArtifacts && source.files(owner)) || []) addTally(tally, { artifactFiles: 1, artifactBytes: file.sizeBytes });
  };
  for await (const experiment of source.experiments(experiments)) {
    addTally(tally, { experiments: 1, experimentTags: experiment.tags.length });
    for await (const page of source.runs(experiment.id)) {
      await eachAtOnce(page.filter((r) => only(r.tags)), 4, async (run) => {
        addTally(tally, { runs: 1, params: run.params.length, tags: tagsOf(run.tags), datasets: run.datasets.length, modelInputs: run.modelInputs.length, modelOutputs: run.modelOutputs.length });
        for await (const points of source.points(run)) addTally(tally, { metricPoints: points.length });
        await countFiles({ kind: "run", ...run });
        tell();
      });
    }
    for await (const page of source.loggedModels(experiment.id)) {
      for (const m of page.filter((x) => !x.isDeleted && only(x.tags))) {
        addTally(tally, { loggedModels: 1, loggedModelParams: m.params.length, loggedModelTags: tagsOf(m.tags), loggedModelMetrics: m.metrics.length });
        await countFiles({ kind: "model", ...m });
      }
    }
  }
  if (registry === "all") {
    for await (const m of source.registeredModels()) {
      const versions = m.versions.filter((v) => !v.isDeleted);
      addTally(tally, {
        registeredModels: 1, registeredModelTags: m.tags.length, aliases: m.aliases.length, modelVersions: versions.length, modelVersionTags: versions.reduce((sum, v) => sum + v.tags.length, 0),
      });
    }
  }
  return tally;
}
