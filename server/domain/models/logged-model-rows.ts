import type { Ctx } from "@/server/ctx";
import type { KeyValue, LoggedModel, LoggedModelStatus } from "./types";

type Row = {
  id: string; experimentId: number; name: string; artifactUri: string; status: LoggedModelStatus; statusMessage: string | null; modelType: string | null;
  sourceRunId: string | null; creationTimeMs: bigint; lastUpdatedTimeMs: bigint;
};
type MetricRow = { modelId: string; key: string; step: bigint; timestampMs: bigint; value: number; isNan: boolean; runId: string | null; datasetName: string; datasetDigest: string };

/** Logged models with their data, in the order of the ids; the caller has checked access. */
export async function findLoggedModels(ctx: Ctx, ids: string[]): Promise<LoggedModel[]> {
  if (ids.length === 0) return [];
  const pairs = (table: string) => ctx.sql.query<KeyValue & { modelId: string }>(`SELECT "modelId", key, value FROM "${table}" WHERE "modelId" = ANY($1::text[]) ORDER BY key COLLATE "C"`, [ids]);
  const [models, params, tags, metrics] = await Promise.all([
    ctx.sql.query<Row>(
      `SELECT id, "experimentId", name, "artifactUri", status, "statusMessage", "modelType", "sourceRunId", "creationTimeMs", "lastUpdatedTimeMs"
       FROM "LoggedModel" WHERE id = ANY($1::text[]) AND "deletedAtMs" IS NULL`,
      [ids],
    ),
    pairs("LoggedModelParam"),
    pairs("LoggedModelTag"),
    ctx.sql.query<MetricRow>(
      `SELECT "modelId", key, step, "timestampMs", value, "isNan", "runId", "datasetName", "datasetDigest" FROM "LoggedModelMetric"
       WHERE "modelId" = ANY($1::text[]) ORDER BY key COLLATE "C", "timestampMs", step, value`,
      [ids],
    ),
  ]);
  const place = new Map(ids.map((id, i) => [id, i]));
  const byId = new Map<string, LoggedModel>(
    models.rows
      .sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
      .map((r) => [r.id, { ...r, creationTimeMs: Number(r.creationTimeMs), lastUpdatedTimeMs: Number(r.lastUpdatedTimeMs), params: [], tags: [], metrics: [] }]),
  );
  for (const { modelId, key, value } of params.rows) byId.get(modelId)?.params.push({ key, value });
  for (const { modelId, key, value } of tags.rows) byId.get(modelId)?.tags.push({ key, value });
  for (const { modelId, isNan, value, ...rest } of metrics.rows) byId.get(modelId)?.metrics.push({ ...rest, value: isNan ? Number.NaN : value });
  return [...byId.values()];
}
