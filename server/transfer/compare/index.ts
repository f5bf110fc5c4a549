import { exportTag } from "../export/job";
import { eachAtOnce, goOn } from "../problems";
import { count, type Say } from "../progress";
import type { FileOwner, Source, SourceExperiment, SourceLoggedModel, SourceRegisteredModel, SourceRun } from "../types";
import { canonicalModel, canonicalRun, canonicalVersion, openSide, originOf, type Side } from "./canonical";
import { Differences } from "./differences";
import { digestFiles, digestHistory } from "./digest";

/** What no two servers can have alike, and is not compared. */
export const notCompared = [
  "ids of experiments (matched by name); ids of runs and logged models after an export (matched by the tag flowbook.exportedFrom, which itself is left out)",
  "addresses of artifacts and of experiments' artifact folders (whose files they are, their paths and contents are compared)",
  "creation and update times of experiments, logged models, registered models and versions; when a run was deleted (no server lets a client set them)",
  "the user of a model version; deleted logged models and versions (no server shows them)",
];

export type CompareOptions = { left: Source; right: Source; experiments: string[]; withArtifacts: boolean; withContent: boolean; signal: AbortSignal; say: Say };

/** Walks two stores and lists in what they differ. @returns whether in nothing. */
export async function runCompare({ left, right, experiments, withArtifacts, withContent, signal, say }: CompareOptions): Promise<boolean> {
  const found = new Differences();
  const [a, b] = [await openSide(left, experiments, exportTag), await openSide(right, experiments, exportTag)];
  const done = { runs: 0, models: 0, versions: 0 };
  const timer = setInterval(() => say(`  ${count(done.runs)} runs compared, ${count(found.count)} differences`), 5_000);
  timer.unref();
  const files = async (side: Side, owner: FileOwner) => (withArtifacts ? digestFiles(side.source, owner, withContent) : {});
  const whole = async (side: Side, run: SourceRun) => ({ ...canonicalRun(side, run), history: await digestHistory(side.source, run), files: await files(side, { kind: "run", ...run }) });
  const wholeModel = async (side: Side, m: SourceLoggedModel) => ({ ...canonicalModel(side, m), files: await files(side, { kind: "model", ...m }) });
  try {
    const others = await byName(right, experiments);
    for await (const e of left.experiments(experiments)) {
      const other = others.get(e.name);
      others.delete(e.name);
      if (!other) {
        found.add(`experiment '${e.name}' is not on the right`);
        continue;
      }
      found.compare(`experiment '${e.name}'`, experimentOf(e), experimentOf(other));
      await matchAll<SourceRun>(a, b, (s, id) => s.source.runs(id), [e, other], "run", found, async (x, y) => {
        goOn(signal);
        found.compare(`run ${x.id}`, await whole(a, x), await whole(b, y));
        done.runs++;
      });
      await matchAll<SourceLoggedModel>(a, b, (s, id) => s.source.loggedModels(id), [e, other], "logged model", found, async (x, y) => {
        goOn(signal);
        found.compare(`logged model ${x.id}`, await wholeModel(a, x), await wholeModel(b, y));
        done.models++;
      });
    }
    for (const name of others.keys()) found.add(`experiment '${name}' is not on the left`);
    if (experiments.length === 0) done.versions = await compareRegistry(a, b, found);
  } finally {
    clearInterval(timer);
  }
  say("Not compared, as no two servers can have it alike:");
  for (const line of notCompared) say(`  - ${line}`);
  say(found.count === 0 ? "No difference" : `${count(found.count)} differences (left — right)`);
  found.tell(say);
  say(`Compared ${count(done.runs)} runs with their histories${withArtifacts ? (withContent ? " and the contents of their files" : " and the sizes of their files") : ""}, ${count(done.models)} logged models, ${count(done.versions)} model versions.`);
  return found.count === 0;
}

const experimentOf = (e: SourceExperiment) => ({ stage: e.lifecycleStage, tags: Object.fromEntries(e.tags.map((t): [string, string] => [t.key, t.value]).sort(([a], [b]) => (a < b ? -1 : 1))) });

async function byName(source: Source, experiments: string[]): Promise<Map<string, SourceExperiment>> {
  const found = new Map<string, SourceExperiment>();
  for await (const e of source.experiments(experiments)) found.set(e.name, e);
  return found;
}

type Owned = { id: string; isDeleted?: boolean };

/** Brings together what is one thing on both sides. The right side's things of the one experiment are held in memory. */
async function matchAll<T extends Owned>(
  a: Side, b: Side, list: (side: Side, experimentId: string) => AsyncIterable<T[]>, [left, right]: [SourceExperiment, SourceExperiment], noun: string, found: Differences,
  compare: (x: T, y: T) => Promise<void>,
): Promise<void> {
  const others = new Map<string, T>();
  for await (const page of list(b, right.id)) for (const y of page) if (!y.isDeleted) others.set(originOf(b, y.id), y);
  for await (const page of list(a, left.id)) {
    await eachAtOnce(page.filter((x) => !x.isDeleted), 4, async (x) => {
      const y = others.get(originOf(a, x.id));
      others.delete(originOf(a, x.id));
      if (y) await compare(x, y);
      else found.add(`${noun} ${x.id} of '${left.name}' is not on the right`);
    });
  }
  for (const id of others.keys()) found.add(`${noun} ${id} of '${right.name}' is not on the left`);
}

async function compareRegistry(a: Side, b: Side, found: Differences): Promise<number> {
  const others = new Map<string, SourceRegisteredModel>();
  for await (const m of b.source.registeredModels()) others.set(m.name, m);
  let versions = 0;
  for await (const m of a.source.registeredModels()) {
    const other = others.get(m.name);
    others.delete(m.name);
    if (!other) {
      found.add(`registered model '${m.name}' is not on the right`);
      continue;
    }
    found.compare(`registered model '${m.name}'`, registeredOf(a, m), registeredOf(b, other));
    versions += m.versions.length;
  }
  for (const name of others.keys()) found.add(`registered model '${name}' is not on the left`);
  return versions;
}

const registeredOf = (side: Side, m: SourceRegisteredModel) => ({
  description: m.description,
  tags: Object.fromEntries(m.tags.map((t): [string, string] => [t.key, t.value]).sort(([a], [b]) => (a < b ? -1 : 1))),
  aliases: Object.fromEntries(m.aliases.map((x): [string, number] => [x.alias, x.version]).sort(([a], [b]) => (a < b ? -1 : 1))),
  versions: Object.fromEntries(m.versions.filter((v) => !v.isDeleted).map((v) => [v.version, canonicalVersion(side, v)])),
});
