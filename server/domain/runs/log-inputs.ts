import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { invalid } from "@/server/errors";
import { requireActiveRun, requireRunAccess } from "./access";
import { missing } from "./check";
import { tellRun } from "./tell";
import type { KeyValue } from "./types";

export type DatasetToLog = { name: string; digest: string; sourceType: string; source: string; schema?: string; profile?: string };
export type LogInputsInput = { runId: string; datasets?: { dataset: DatasetToLog; tags?: KeyValue[] }[]; modelIds?: string[] };

const most = { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215, tagKey: 255, tagValue: 500 };

/** Records what a run read. A dataset is one per experiment, name and digest; a run has each of its inputs once. */
export async function logInputs(ctx: Ctx, { runId, datasets = [], modelIds = [] }: LogInputsInput): Promise<void> {
  for (const [i, { dataset, tags = [] }] of datasets.entries()) checkDataset(i, dataset, tags);
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  await inTransaction(ctx.sql, async (client) => {
    // The lock makes "each input once" hold between requests.
    await client.query(`UPDATE "Run" SET revision = revision + 1 WHERE id = $1`, [runId]);
    for (const { dataset: d, tags = [] } of datasets) {
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO "Dataset" (id, "experimentId", name, digest, "sourceType", source, schema, profile) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT ("experimentId", name, digest) DO UPDATE SET name = excluded.name RETURNING id`,
        [newId("dst"), run.experimentId, d.name, d.digest, d.sourceType, d.source, d.schema ?? null, d.profile ?? null],
      );
      await client.query(
        `INSERT INTO "Input" (id, "runId", "datasetId", tags) SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT 1 FROM "Input" WHERE "runId" = $2 AND "datasetId" = $3)`,
        [newId("inp"), runId, rows[0]?.id, JSON.stringify(tags.map(({ key, value }) => ({ key, value })))],
      );
    }
    for (const modelId of modelIds) {
      await client.query(
        `INSERT INTO "Input" (id, "runId", "modelId") SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM "Input" WHERE "runId" = $2 AND "modelId" = $3)`,
        [newId("inp"), runId, modelId],
      );
    }
  });
  tellRun(ctx, run);
}

/** Records the logged models that a run made. */
export async function logOutputs(ctx: Ctx, { runId, models }: { runId: string; models: { modelId: string; step: number | bigint }[] }): Promise<void> {
  const run = await requireRunAccess(ctx, { runId }, "track");
  requireActiveRun(run);
  const unique = new Map(models.map((m) => [m.modelId, m.step]));
  await ctx.sql.query(
    `WITH run AS (UPDATE "Run" SET revision = revision + 1 WHERE id = $1)
     INSERT INTO "RunOutput" ("runId", "modelId", step) SELECT $1, * FROM unnest($2::text[], $3::int8[])
     ON CONFLICT ("runId", "modelId") DO UPDATE SET step = excluded.step`,
    [runId, [...unique.keys()], [...unique.values()]],
  );
  tellRun(ctx, run);
}

function checkDataset(i: number, d: DatasetToLog, tags: KeyValue[]): void {
  for (const field of ["name", "digest", "source"] as const) {
    if (d[field] === "") throw missing(`datasets[${i}].dataset.${field}`);
  }
  for (const field of ["name", "digest", "source", "schema", "profile"] as const) {
    const length = d[field]?.length ?? 0;
    if (length > most[field]) throw invalid(`Dataset ${field} exceeds the maximum length of ${most[field]} (got ${length}).`);
  }
  for (const { key, value } of tags) {
    if (key.length > most.tagKey) throw invalid(`Dataset input tag key exceeds the maximum length of ${most.tagKey}`);
    if (value.length > most.tagValue) throw invalid(`Dataset input tag value exceeds the maximum length of ${most.tagValue}`);
  }
}
