import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { DomainError, invalid } from "@/server/errors";
import { isOfPipeline, requireActiveRun, requireRunAccess, resolveParent } from "./access";
import { checkKey, checkStep, checkTimestamp, clampValue, cut, maxParamLength, maxTagLength } from "./check";
import { type Batch, batchStatement, type BatchResult } from "./log-batch-sql";
import { tellRun } from "./tell";
import type { KeyValue } from "./types";

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
  const run = await requireRunAccess(ctx, { runId: input.runId }, "track");
  requireActiveRun(run);
  if (!batch.metrics && !batch.params && !batch.tags) return;
  if (batch.modelMetrics) batch.modelMetrics.mayWrite = await writableModels(ctx, batch.modelMetrics.modelIds);
  const values = { runId: run.id, workspaceId: run.workspaceId, ...(await readTagEffects(ctx, run, batch)) };
  const { text, name, list } = batchStatement(batch, values);

  const isAloneRefusable = batch.params?.keys.length === 1 && !batch.metrics && !batch.tags;
  const store = async (sql: Pick<Ctx["sql"], "query">) => {
    const { rows } = await sql.query<BatchResult>({ name, text }, list);
    const result = rows[0];
    if (!result) requireActiveRun({ id: run.id, lifecycleStage: "deleted" });
    else if (result.changed) throw changedParams(run.id, result.changed, batch);
  };
  // Without params nothing can be refused after the fact, and one statement is whole by itself.
  if (!batch.params || isAloneRefusable) await store(ctx.sql);
  else await inTransaction(ctx.sql, store);
  tellRun(ctx, run);
}

export const setRunTag = (ctx: Ctx, { runId, key, value }: { runId: string } & KeyValue): Promise<void> => logBatch(ctx, { runId, tags: [{ key, value }], isSingle: true });

/** @throws DomainError `not_found` when the run has no such tag. */
export async function deleteRunTag(ctx: Ctx, { runId, key }: { runId: string; key: string }): Promise<void> {
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  if (key === "mlflow.parentRunId" && ctx.actor.kind === "step") await resolveParent(ctx, "");
  const { rows } = await ctx.sql.query(
    `WITH gone AS (DELETE FROM "Tag" WHERE "runId" = $1 AND key = $2 RETURNING key)
     UPDATE "Run" SET revision = revision + 1, "parentRunId" = CASE WHEN $2 = 'mlflow.parentRunId' THEN NULL ELSE "parentRunId" END
     WHERE id = $1 AND EXISTS (SELECT 1 FROM gone) RETURNING id`,
    [runId, key],
  );
  if (rows.length === 0) throw new DomainError("not_found", `No tag with name: ${key.slice(0, 250)} in run with id ${runId}`);
  tellRun(ctx, run);
}

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

function toParams(params: KeyValue[], isSingle: boolean): Batch["params"] {
  if (params.length === 0) return undefined;
  const unique = new Map<string, string>();
  for (const [i, { key, value }] of params.entries()) {
    checkKey(key, isSingle ? "key" : `params[${i}].key`);
    if (unique.has(key)) throw invalid(`Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`);
    unique.set(key, cut(value, maxParamLength));
  }
  return { keys: [...unique.keys()], values: [...unique.values()] };
}

function toTags(tags: KeyValue[], isSingle: boolean): Batch["tags"] {
  if (tags.length === 0) return undefined;
  const unique = new Map<string, string>();
  for (const [i, { key, value }] of tags.entries()) {
    checkKey(key, isSingle ? "key" : `tags[${i}].key`);
    unique.set(key, cut(value, maxTagLength));
  }
  return { keys: [...unique.keys()], values: [...unique.values()] };
}

type Point = { key: string; step: bigint; timestampMs: bigint; value: number; isNan: boolean };

function toMetrics(metrics: MetricInput[], isSingle: boolean): Pick<Batch, "metrics" | "latest" | "modelMetrics"> {
  if (metrics.length === 0) return {};
  const points: Point[] = [];
  const latest = new Map<string, Point>();
  const ofModels: (Point & { modelId: string; datasetName: string; datasetDigest: string })[] = [];
  for (const [i, m] of metrics.entries()) {
    checkKey(m.key, isSingle ? "name" : `metrics[${i}].name`);
    const isNan = Number.isNaN(m.value);
    const point: Point = {
      key: m.key,
      step: checkStep(BigInt(m.step), isSingle ? "step" : `metrics[${i}].step`),
      timestampMs: checkTimestamp(BigInt(m.timestampMs), isSingle ? "timestamp" : `metrics[${i}].timestamp`),
      value: isNan ? 0 : clampValue(m.value),
      isNan,
    };
    points.push(point);
    const before = latest.get(m.key);
    if (!before || isLater(point, before)) latest.set(m.key, point);
    if (m.modelId) ofModels.push({ ...point, modelId: m.modelId, datasetName: m.datasetName ?? "", datasetDigest: m.datasetDigest ?? "" });
  }
  return {
    metrics: columns(points),
    latest: columns([...latest.values()]),
    modelMetrics:
      ofModels.length === 0
        ? undefined
        : { ...columns(ofModels), modelIds: ofModels.map((m) => m.modelId), datasetNames: ofModels.map((m) => m.datasetName), datasetDigests: ofModels.map((m) => m.datasetDigest) },
  };
}

function isLater(a: Point, b: Point): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestampMs !== b.timestampMs) return a.timestampMs > b.timestampMs;
  return a.value > b.value;
}

function columns(points: Point[]) {
  return {
    keys: points.map((p) => p.key),
    steps: points.map((p) => p.step),
    timestamps: points.map((p) => p.timestampMs),
    // String(-0) is "0"; the sign is kept, as the clients' doubles have it.
    values: points.map((p) => (Object.is(p.value, -0) ? "-0" : String(p.value))),
    areNan: points.map((p) => p.isNan),
  };
}

/** The logged models that a batch's points may be kept on too; for a step those of its own pipeline. Null: every one of the workspace. */
async function writableModels(ctx: Ctx, modelIds: string[]): Promise<string[] | null> {
  if (ctx.actor.kind !== "step") return null;
  const { rows } = await ctx.sql.query<{ id: string; sourceRunId: string | null }>(`SELECT id, "sourceRunId" FROM "LoggedModel" WHERE id = ANY($1::text[])`, [[...new Set(modelIds)]]);
  const areOurs = await Promise.all(rows.map((r) => r.sourceRunId !== null && isOfPipeline(ctx, r.sourceRunId)));
  return rows.filter((_, i) => areOurs[i]).map((r) => r.id);
}

/** The run's name and its place in the tree follow two tags. */
async function readTagEffects(ctx: Ctx, run: { id: string; parentRunId: string | null }, batch: Batch) {
  const valueOf = (key: string) => {
    const i = batch.tags?.keys.indexOf(key) ?? -1;
    return i < 0 ? undefined : batch.tags?.values[i];
  };
  const parentTag = valueOf("mlflow.parentRunId");
  const isSameParent = parentTag === undefined || parentTag === run.parentRunId;
  if (!isSameParent && ctx.actor.kind === "step" && run.id === ctx.actor.runId) await resolveParent(ctx, "");
  return {
    name: valueOf("mlflow.runName") ?? null,
    setsParent: !isSameParent,
    parentRunId: isSameParent ? null : await resolveParent(ctx, parentTag),
  };
}

function changedParams(runId: string, changed: { key: string; value: string }[], batch: Batch): DomainError {
  const given = (key: string) => batch.params?.values[batch.params.keys.indexOf(key)] ?? "";
  const clip = (text: string) => (text.length > 250 ? `${text.slice(0, 250)}…` : text);
  const [first] = changed;
  if (first && batch.params?.keys.length === 1) {
    return invalid(
      `Changing param values is not allowed. Param with key='${first.key}' was already logged with value='${clip(first.value)}' for run ID='${runId}'. Attempted logging new value '${clip(given(first.key))}'.`,
    );
  }
  const list = changed.slice(0, 10).map((c) => `{'key': '${c.key}', 'old_value': '${clip(c.value)}', 'new_value': '${clip(given(c.key))}'}`);
  return invalid(`Changing param values is not allowed. Params were already logged='[${list.join(", ")}]' for run ID='${runId}'.`);
}
