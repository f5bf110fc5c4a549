import type { Ctx } from "@/server/ctx";
import { getExactRun, metricHistory } from "@/server/domain/runs";
import { countBrought, findUnevenRuns, sumTallies } from "@/server/domain/transfers";
import { Problems } from "../problems";
import { bytes, count, Progress, type Say } from "../progress";
import { tellBothSides } from "../report";
import type { Source, Tally } from "../types";
import { importStore } from "./import-store";

export type ImportOptions = {
  source: Source;
  /** Ids or names; none: all of them. */
  experiments: string[];
  withArtifacts: boolean;
  isAgain: boolean;
  signal: AbortSignal;
  say: Say;
  /** Takes the whole list of notes and of what could not be carried over. */
  keepReport: (text: string) => void;
};

/**
 * Brings a tracking store here and counts both sides. @returns whether all is here; @throws Interrupted, or what stopped the work. In
 * either case the same call goes on from there.
 */
export async function runImport(ctx: Ctx, { source, experiments, withArtifacts, isAgain, signal, say, keepReport }: ImportOptions): Promise<boolean> {
  const problems = new Problems();
  const progress = new Progress(say);
  const job = { ctx, source, key: source.label, progress, problems, signal, withArtifacts, isAgain };
  progress.totalRuns = (await source.count?.(experiments))?.runs;
  progress.start();
  try {
    await importStore(job, experiments);
  } finally {
    progress.stop();
    problems.tell(say);
    keepReport(problems.all());
  }
  const there = (await sumTallies(ctx, { source: job.key })) as Partial<Tally>;
  const here = (await countBrought(ctx, { source: job.key })) as Partial<Tally>;
  if (there.metricPoints !== here.metricPoints) here.metricPoints = await countDistinctPoints(ctx, job.key, there.metricPoints ?? 0);
  say(`Brought from ${source.label} so far, counted on both sides:`);
  const differences = tellBothSides(say, ["there", "here"], there, here);
  const missed = await missedAtSource(source, experiments, there, say);
  const { runs = 0, metricPoints = 0, artifactBytes = 0 } = progress.done;
  const isWhole = differences === 0 && problems.count === 0 && !missed;
  say(`${isWhole ? "All is here" : "Not all is here"}: ${count(runs)} runs, ${count(metricPoints)} points and ${bytes(artifactBytes)} of files in ${progress.secondsSoFar().toFixed(1)} s${progress.done.skippedRuns > 0 ? `; ${count(progress.done.skippedRuns)} runs were here before` : ""}.`);
  return isWhole;
}

/** Points that were sent twice, as an import was cut off, stand twice until the server merges them; they count once. */
async function countDistinctPoints(ctx: Ctx, source: string, there: number): Promise<number> {
  let points = there;
  for (const uneven of await findUnevenRuns(ctx, { source })) {
    const run = await getExactRun(ctx, { runId: uneven.runId });
    points -= uneven.points;
    for (const { key } of run.latestMetrics) points += await countHistory(ctx, uneven.runId, key);
  }
  return points;
}

async function countHistory(ctx: Ctx, runId: string, key: string): Promise<number> {
  let points = 0;
  for (let pageToken: string | undefined; ; ) {
    const page = await metricHistory(ctx, { runId, key, limit: 100_000, pageToken });
    points += page.points.length;
    if (!page.nextPageToken) return points;
    pageToken = page.nextPageToken;
  }
}

/** What the source's own tables count against what was read of it: nothing may have been passed by. */
async function missedAtSource(source: Source, experiments: string[], read: Partial<Tally>, say: Say): Promise<boolean> {
  const counted = await source.count?.(experiments);
  if (!counted) return false;
  const missed = (Object.keys(counted) as (keyof Tally)[]).filter((noun) => (counted[noun] ?? 0) > (read[noun] ?? 0));
  for (const noun of missed) say(`The source's tables hold ${count(counted[noun] ?? 0)} ${noun}, and ${count(read[noun] ?? 0)} were read: something was added meanwhile, or could not be carried over. Run the import again.`);
  return missed.length > 0;
}
