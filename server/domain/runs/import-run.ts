import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { requireExperimentAccess } from "../experiments";
import { clampValue } from "./check";
import { metricKeyIds } from "./metric-keys";
import { comparePoints, type Point, packPoints } from "./points";
import { tellRun } from "./tell";
import type { KeyValue, RunStatus } from "./types";
import { writeBatch } from "./writer";
import type { Series } from "./writer-sql";

export type RunToImport = {
  /** 32 hex digits. */
  id: string;
  experimentId: number;
  name: string;
  userId: string;
  status: RunStatus;
  startTimeMs: bigint;
  endTimeMs: bigint | null;
  artifactUri: string;
  parentRunId: string | null;
  params: KeyValue[];
  tags: KeyValue[];
};

/** A run that is being brought in; it is active until `finishImportedRun`. */
export type ImportedRun = { seq: number; id: string; experimentId: number; parentRunId: string | null };

/**
 * A run of another tracking server, under its own id and with its own times, without the limits on names and lengths that hold for
 * new ones, as it was accepted elsewhere. A run that is here already (an import that was cut off) gets what it lacks.
 *
 * @throws DomainError `already_exists` when the id is a run's of another experiment, `invalid` when it is no run id.
 */
export async function importRun(ctx: Ctx, run: RunToImport): Promise<ImportedRun> {
  requireAccess(ctx, "track");
  if (!/^[0-9a-f]{32}$/.test(run.id)) throw invalid("A run's id is 32 hex digits.");
  await requireExperimentAccess(ctx, { experimentId: run.experimentId }, "track");
  const { rows } = await ctx.sql.query<ImportedRun>(
    {
      name: "import-run",
      text: `INSERT INTO "Run" AS r (id, "experimentId", name, "userId", status, "startTimeMs", "endTimeMs", "artifactUri", "parentRunId") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, "endTimeMs" = excluded."endTimeMs", "parentRunId" = excluded."parentRunId",
          "lifecycleStage" = 'active', "deletedAtMs" = NULL, revision = r.revision + 1
        WHERE r."experimentId" = excluded."experimentId" RETURNING seq, id, "experimentId", "parentRunId"`,
    },
    [run.id, run.experimentId, run.name, run.userId, run.status, run.startTimeMs, run.endTimeMs, run.artifactUri, run.parentRunId],
  );
  const stored = rows[0];
  if (!stored) throw new DomainError("already_exists", `Run with id=${run.id} already exists, in another experiment.`);
  const written = await writeBatch(ctx.sql, {
    runSeq: stored.seq,
    name: null,
    parentRunId: undefined,
    params: run.params.length > 0 ? columns(run.params) : undefined,
    tags: run.tags.length > 0 ? columns(run.tags) : undefined,
  });
  if (written === "param-changed") throw invalid(`The run ${run.id} is here with other values of its params.`);
  return stored;
}

type KeyedPoint = { key: string } & Point;

/**
 * Adds points to an imported run; any number, which need room in memory at once. Points that are there already stay one. `latest` are
 * the source's latest points: where a NaN and a 0 were logged at one step and moment, the one that came first is it, which no order tells.
 */
export async function appendImportedPoints(ctx: Ctx, run: ImportedRun, points: KeyedPoint[], latest: KeyedPoint[]): Promise<void> {
  requireAccess(ctx, "track");
  const byKey = new Map<string, Point[]>();
  for (const { key, step, timestampMs, value } of points) {
    const point = { step, timestampMs, value: clampValue(value) };
    const list = byKey.get(key);
    if (list) list.push(point);
    else byKey.set(key, [point]);
  }
  if (byKey.size === 0) return;
  const ids = await metricKeyIds(ctx.sql, byKey.keys());
  const series: Series[] = [];
  for (const [key, list] of byKey) {
    const packed = packPoints(list);
    const last = list.reduce((a, b) => (comparePoints(a, b) >= 0 ? a : b));
    const known = latest.find((l) => l.key === key && l.step === last.step && l.timestampMs === last.timestampMs && (l.value || 0) === (last.value || 0));
    series.push({ keyId: ids.get(key) as number, packed, latest: known ?? last });
  }
  const written = await writeBatch(ctx.sql, { runSeq: run.seq, name: null, parentRunId: undefined, series });
  if (written === "gone") throw new DomainError("conflict", `The run ${run.id} was deleted while it was imported.`);
}

/** The run's stage as it was at its source; everything else must be there by now. */
export async function finishImportedRun(ctx: Ctx, run: ImportedRun, { isDeleted, deletedTimeMs }: { isDeleted: boolean; deletedTimeMs: bigint | null }): Promise<void> {
  requireAccess(ctx, "track");
  if (isDeleted) {
    await ctx.sql.query(`UPDATE "Run" SET "lifecycleStage" = 'deleted', "deletedAtMs" = $2, revision = revision + 1 WHERE seq = $1`, [run.seq, deletedTimeMs ?? ctx.now().getTime()]);
  }
  tellRun(ctx, run);
}

function columns(pairs: KeyValue[]): { keys: string[]; values: string[] } {
  const unique = new Map(pairs.map((p) => [p.key, p.value]));
  return { keys: [...unique.keys()], values: [...unique.values()] };
}
