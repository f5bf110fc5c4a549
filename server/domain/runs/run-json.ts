import type { Ctx } from "@/server/ctx";
import { log } from "@/server/log";
import { hydrateRuns } from "./hydrate";
import type { RunRow } from "./rows";
import { type ExactRun, type ExactRunRecord, isTerminal } from "./types";

/*
 * A run's data, inputs and outputs as MLflow's JSON, kept ready: a search answers with a thousand runs of some forty values each,
 * and reading and printing those anew would cost a hundred times the search. A fragment stands for one revision of its run; the
 * run's next write outdates it.
 */

export type RunAsJson = { run: ExactRunRecord; /** `"data":{…},"inputs":{…},"outputs":{…}`, to stand in an object. */ fieldsJson: string };

/** These runs with their data as JSON, in the same order. */
export async function runsAsJson(ctx: Ctx, rows: RunRow[]): Promise<RunAsJson[]> {
  if (rows.length === 0) return [];
  const { rows: kept } = await ctx.sql.query<{ runSeq: number; revision: bigint; json: string }>(
    { name: "run-fragments", text: `SELECT "runSeq", revision, json FROM "RunFragment" WHERE "runSeq" = ANY($1::int4[])` },
    [rows.map((r) => r.seq)],
  );
  const ready = new Map(kept.map((f) => [f.runSeq, f]));
  const lacking = rows.filter((r) => ready.get(r.seq)?.revision !== r.revision);
  const made = new Map<number, string>();
  const runs = await hydrateRuns(ctx, lacking);
  for (const [i, row] of lacking.entries()) made.set(row.seq, printFields(runs[i] as ExactRun));
  void keep(ctx, lacking, made);
  return rows.map((r) => ({ run: r, fieldsJson: made.get(r.seq) ?? ready.get(r.seq)?.json ?? "" }));
}

/** A run that has ended changes no more, as a rule; one that is being written to would outdate its fragment at once. */
async function keep(ctx: Ctx, rows: RunRow[], made: Map<number, string>): Promise<void> {
  const ended = rows.filter((r) => isTerminal(r.status));
  if (ended.length === 0) return;
  await ctx.sql
    .query(
      `INSERT INTO "RunFragment" ("runSeq", revision, json) SELECT * FROM unnest($1::int4[], $2::int8[], $3::text[])
       ON CONFLICT ("runSeq") DO UPDATE SET revision = excluded.revision, json = excluded.json WHERE "RunFragment".revision < excluded.revision`,
      [ended.map((r) => r.seq), ended.map((r) => r.revision), ended.map((r) => made.get(r.seq))],
    )
    .catch((error) => log.info({ error: String(error) }, "ready-made JSON of runs was not kept"));
}

function printFields(run: ExactRun): string {
  const metrics = run.latestMetrics.map((m) => `{"key":${JSON.stringify(m.key)},"value":${printDouble(m.value)},"timestamp":${m.timestampMs},"step":${m.step}}`);
  const data = fields([["metrics", metrics], ["params", run.params.map(printPair)], ["tags", run.tags.map(printPair)]]);
  const datasets = run.inputs.datasets.map(
    ({ dataset: d, tags }) =>
      `{${tags.length > 0 ? `"tags":[${tags.map(printPair).join(",")}],` : ""}"dataset":${JSON.stringify({ name: d.name, digest: d.digest, source_type: d.sourceType, source: d.source, schema: d.schema ?? undefined, profile: d.profile ?? undefined })}}`,
  );
  const inputs = fields([["dataset_inputs", datasets], ["model_inputs", run.inputs.models.map((m) => `{"model_id":${JSON.stringify(m.modelId)}}`)]]);
  const outputs = fields([["model_outputs", run.outputs.models.map((m) => `{"model_id":${JSON.stringify(m.modelId)},"step":${m.step}}`)]]);
  return `"data":${data},"inputs":${inputs},"outputs":${outputs}`;
}

/** By proto2's rules an empty list is left out. */
const fields = (lists: [name: string, items: string[]][]): string =>
  `{${lists.filter(([, items]) => items.length > 0).map(([name, items]) => `"${name}":[${items.join(",")}]`).join(",")}}`;

const printPair = ({ key, value }: { key: string; value: string }) => `{"key":${JSON.stringify(key)},"value":${JSON.stringify(value)}}`;

/** NaN travels as a text. Infinities are never stored. */
const printDouble = (value: number) => (Number.isNaN(value) ? '"NaN"' : Object.is(value, -0) ? "-0.0" : String(value));
