import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { isOfPipeline, refuseInactiveRun, requireActiveRun, requireRunAccess, requireRunPlace, resolveParent } from "./access";
import { checkKey, checkStep, checkTimestamp, clampValue, cut, maxParamLength, maxTagLength } from "./check";
import { noteGrowth } from "./compact-points";
import { metricKeyIds } from "./metric-keys";
import { packPoints, type Point } from "./points";
import { tellRun } from "./tell";
import type { KeyValue } from "./types";
import { writeBatch } from "./writer";
import type { ModelMetrics, Pairs, Series } from "./writer-sql";

export type MetricInput = {
  key: string;
  /** NaN is kept, an infinity becomes the largest double. */
  value: number;
  timestampMs: number | bigint;
  step: number | bigint;
  /** The point is kept on the logged model too. */
  modelId?: string;
  datasetName?: string;
  datasetDigest?: string;
};
export type LogBatchInput = { runId: string; metrics?: MetricInput[]; params?: KeyValue[]; tags?: KeyValue[]; /** One thing, not a batch: refusals then name the plain field. */ isSingle?: boolean };

const most = { metrics: 1000, params: 100, tags: 100, all: 1000 };

/**
 * Stores params, metrics and tags of a run, all or nothing. A param that is there keeps its value: the same again is fine,
 * another one refuses the whole batch. Latest metrics follow (step, timestamp, value); a NaN counts as 0 there.
 *
 * @throws DomainError `invalid` (limits: 1000 metrics, 100 params, 100 tags, 1000 in all), `not_found`.
 */
export async function logBatch(ctx: Ctx, input: LogBatchInput): Promise<void> {
  const batch = toBatch(input);
  const run = await requireRunPlace(ctx, input.runId);
  if (!batch.metrics && !batch.params && !batch.tags) {
    requireActiveRun(await requireRunAccess(ctx, input, "track"));
    return;
  }
  const written = await writeBatch(ctx.sql, {
    runSeq: run.seq,
    ...(await readTagEffects(ctx, run.id, batch.tags)),
    series: batch.metrics && (await toSeries(ctx, batch.metrics)),
    params: batch.params,
    tags: batch.tags,
    modelMetrics: batch.modelMetrics && { ...batch.modelMetrics, mayWrite: await writableModels(ctx, batch.modelMetrics.modelIds), workspaceId: run.workspaceId },
  });
  if (written === "gone") return refuseInactiveRun(ctx, run.id);
  if (written === "param-changed") throw await changedParams(ctx, run, batch.params);
  tellRun(ctx, written);
  noteGrowth(ctx.sql, run.seq, batch.metrics);
}

export const setRunTag = (ctx: Ctx, { runId, key, value }: { runId: string } & KeyValue): Promise<void> => logBatch(ctx, { runId, tags: [{ key, value }], isSingle: true });

/** @throws DomainError `not_found` when the run has no such tag. */
export async function deleteRunTag(ctx: Ctx, { runId, key }: { runId: string; key: string }): Promise<void> {
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  if (key === "mlflow.parentRunId" && ctx.actor.kind === "step") await resolveParent(ctx, "");
  const { rows } = await ctx.sql.query(
    `WITH gone AS (DELETE FROM "Tag" WHERE "runSeq" = $1 AND key = $2 RETURNING key)
     UPDATE "Run" SET revision = revision + 1, "parentRunId" = CASE WHEN $2 = 'mlflow.parentRunId' THEN NULL ELSE "parentRunId" END
     WHERE seq = $1 AND EXISTS (SELECT 1 FROM gone) RETURNING id`,
    [run.seq, key],
  );
  if (rows.length === 0) throw new DomainError("not_found", `No tag with name: ${key.slice(0, 250)} in run with id ${runId}`);
  tellRun(ctx, run);
}

type Batch = { params?: Pairs; tags?: Pairs; /** The points of each metric. */ metrics?: Map<string, Point[]>; modelMetrics?: Omit<ModelMetrics, "mayWrite" | "workspaceId"> };

function toBatch({ metrics = [], params = [], tags = [], isSingle = false }: LogBatchInput): Batch {
  const counts = { metrics: metrics.length, params: params.length, tags: tags.length };
  for (const noun of ["metrics", "params", "tags"] as const) {
    if (counts[noun] > most[noun]) {
      throw invalid(`A batch logging request can contain at most ${most[noun]} ${noun}. Got ${counts[noun]} ${noun}. Please split up ${noun} across multiple requests and try again.`);
    }
  }
  const all = metrics.length + params.length + tags.length;
  if (all > most.all) {
    throw invalid(`A batch logging request can contain at most ${most.all} metrics, params, and tags. Got ${all} metrics, params, and tags. Please split up metrics, params, and tags across multiple requests and try again.`);
  }
  return { params: toParams(params, isSingle), tags: toTags(tags, isSingle), ...toMetrics(metrics, isSingle) };
}

function toParams(params: KeyValue[], isSingle: boolean): Pairs | undefined {
  if (params.length === 0) return undefined;
  const unique = new Map<string, string>();
  for (const [i, { key, value }] of params.entries()) {
    checkKey(key, isSingle ? "key" : () => `params[${i}].key`, "Param key");
    if (unique.has(key)) throw invalid(`Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`);
    unique.set(key, cut(value, maxParamLength));
  }
  return { keys: [...unique.keys()], values: [...unique.values()] };
}

function toTags(tags: KeyValue[], isSingle: boolean): Pairs | undefined {
  if (tags.length === 0) return undefined;
  const unique = new Map<string, string>();
  for (const [i, { key, value }] of tags.entries()) {
    checkKey(key, isSingle ? "key" : () => `tags[${i}].key`);
    // A run always has a name: an empty one changes nothing.
    if (key === "mlflow.runName" && value === "") continue;
    unique.set(key, cut(value, maxTagLength));
  }
  if (unique.size === 0) return undefined;
  return { keys: [...unique.keys()], values: [...unique.values()] };
}

function toMetrics(metrics: MetricInput[], isSingle: boolean): Pick<Batch, "metrics" | "modelMetrics"> {
  if (metrics.length === 0) return {};
  const byKey = new Map<string, Point[]>();
  let ofModels: Batch["modelMetrics"];
  for (let i = 0; i < metrics.length; i++) {
    const m = metrics[i] as MetricInput;
    let points = byKey.get(m.key);
    if (!points) {
      checkKey(m.key, isSingle ? "name" : () => `metrics[${i}].name`, "Metric name");
      points = [];
      byKey.set(m.key, points);
    }
    const point: Point = {
      step: checkStep(BigInt(m.step), isSingle ? "step" : () => `metrics[${i}].step`),
      timestampMs: checkTimestamp(BigInt(m.timestampMs), isSingle ? "timestamp" : () => `metrics[${i}].timestamp`),
      value: clampValue(m.value),
    };
    points.push(point);
    if (!m.modelId) continue;
    ofModels ??= { keys: [], steps: [], timestamps: [], values: [], modelIds: [], datasetNames: [], datasetDigests: [] };
    ofModels.keys.push(m.key);
    ofModels.steps.push(point.step);
    ofModels.timestamps.push(point.timestampMs);
    ofModels.values.push(point.value);
    ofModels.modelIds.push(m.modelId);
    ofModels.datasetNames.push(m.datasetName ?? "");
    ofModels.datasetDigests.push(m.datasetDigest ?? "");
  }
  return { metrics: byKey, modelMetrics: ofModels };
}

async function toSeries(ctx: Ctx, metrics: Map<string, Point[]>): Promise<Series[]> {
  const ids = await metricKeyIds(ctx.sql, metrics.keys());
  return [...metrics].map(([key, points]) => {
    const packed = packPoints(points);
    return { keyId: ids.get(key) as number, packed, latest: points[points.length - 1] as Point };
  });
}

/** The logged models that a batch's points may be kept on too; for a step those of its own pipeline. Null: every one of the workspace. @throws DomainError `not_found`: a point that names a model is not half stored. */
async function writableModels(ctx: Ctx, modelIds: string[]): Promise<string[] | null> {
  const { rows } = await ctx.sql.query<{ id: string; sourceRunId: string | null }>(
    `SELECT m.id, m."sourceRunId" FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId" WHERE m.id = ANY($1::text[]) AND (e."workspaceId" = $2 OR $3)`,
    [[...new Set(modelIds)], ctx.workspaceId, ctx.actor.kind === "system"],
  );
  const lacking = modelIds.find((id) => !rows.some((r) => r.id === id));
  if (lacking !== undefined) throw new DomainError("not_found", `Logged model with ID '${lacking.slice(0, 100)}' not found.`);
  if (ctx.actor.kind !== "step") return null;
  const areOurs = await Promise.all(rows.map((r) => r.sourceRunId !== null && isOfPipeline(ctx, r.sourceRunId)));
  return rows.filter((_, i) => areOurs[i]).map((r) => r.id);
}

/** The run's name and its place in the tree follow two tags. */
async function readTagEffects(ctx: Ctx, runId: string, tags: Pairs | undefined): Promise<{ name: string | null; parentRunId: string | null | undefined }> {
  const valueOf = (key: string) => tags?.values[tags.keys.indexOf(key)];
  const name = valueOf("mlflow.runName") ?? null;
  const parentTag = valueOf("mlflow.parentRunId");
  if (parentTag === undefined) return { name, parentRunId: undefined };
  const run = await requireRunAccess(ctx, { runId }, "track");
  if (parentTag === run.parentRunId) return { name, parentRunId: undefined };
  if (ctx.actor.kind === "step" && run.id === ctx.actor.runId) await resolveParent(ctx, "");
  return { name, parentRunId: await resolveParent(ctx, parentTag) };
}

async function changedParams(ctx: Ctx, run: { id: string; seq: number }, params: Pairs = { keys: [], values: [] }): Promise<DomainError> {
  const { rows } = await ctx.sql.query<{ key: string; value: string }>(`SELECT key, value FROM "Param" WHERE "runSeq" = $1 AND key = ANY($2::text[])`, [run.seq, params.keys]);
  const given = (key: string) => params.values[params.keys.indexOf(key)] ?? "";
  const changed = rows.filter((r) => r.value !== given(r.key));
  const clip = (text: string) => (text.length > 250 ? `${text.slice(0, 250)}…` : text);
  const [first] = changed;
  if (first && params.keys.length === 1) {
    return invalid(
      `Changing param values is not allowed. Param with key='${first.key}' was already logged with value='${clip(first.value)}' for run ID='${run.id}'. Attempted logging new value '${clip(given(first.key))}'.`,
    );
  }
  const list = changed.slice(0, 10).map((c) => `{'key': '${c.key}', 'old_value': '${clip(c.value)}', 'new_value': '${clip(given(c.key))}'}`);
  return invalid(`Changing param values is not allowed. Params were already logged='[${list.join(", ")}]' for run ID='${run.id}'.`);
}
