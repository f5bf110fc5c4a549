import { numberArray, textArray } from "./array-literal";
import type { Packed, Point } from "./points";

/*
 * The statement behind the writer: one round trip for the batches of any number of runs, set-based, and whole by itself. The runs'
 * rows are updated first and so locked; every other part reads the runs from there, so that nothing is stored for one that is not active.
 */

export type Series = { keyId: number; packed: Packed; latest: Point };
export type Pairs = { keys: string[]; values: string[] };
export type ModelMetrics = {
  keys: string[]; steps: bigint[]; timestamps: bigint[]; values: number[]; modelIds: string[]; datasetNames: string[]; datasetDigests: string[];
  /** Null: every logged model of the workspace. */
  mayWrite: string[] | null;
  workspaceId: string;
};
/** What one request writes to one run. */
export type RunBatch = {
  runSeq: number;
  /** Null: as it is. */
  name: string | null;
  /** Undefined: as it is. */
  parentRunId: string | null | undefined;
  series?: Series[];
  params?: Pairs;
  tags?: Pairs;
  modelMetrics?: ModelMetrics;
};
export type BatchedRun = { seq: number; id: string; experimentId: number; parentRunId: string | null };

export function writeStatement(batches: RunBatch[]): { name: string; text: string; list: unknown[] } {
  const list: unknown[] = [];
  const parts: string[] = [];
  const used: string[] = [];
  const add = (literal: unknown, type: string) => `$${list.push(literal)}::${type}`;

  const areNamed = batches.some((b) => b.name !== null || b.parentRunId !== undefined);
  parts.push(areNamed ? namedRuns(batches, add) : plainRuns(batches, add));
  used.push(areNamed ? "named" : "plain");
  const withSeries = batches.filter((b) => b.series);
  if (withSeries.length > 0) {
    used.push("metrics");
    parts.push(segmentPart(withSeries, add), latestPart(withSeries, add));
  }
  const params = flatten(batches, "params");
  if (params) {
    used.push("params");
    // A param that is there with another value would become NULL, which its column refuses: the whole statement fails.
    parts.push(`param AS (INSERT INTO "Param" ("runSeq", key, value, "experimentId")
      SELECT run.seq, p.key, p.value, run."experimentId" FROM unnest(${pairs(params, add)}) p(seq, key, value) JOIN run ON run.seq = p.seq
      ON CONFLICT ("runSeq", key) DO UPDATE SET value = NULL WHERE "Param".value <> excluded.value)`);
  }
  const tags = flatten(batches, "tags");
  if (tags) {
    used.push("tags");
    parts.push(`tag AS (INSERT INTO "Tag" ("runSeq", key, value, "experimentId")
      SELECT run.seq, t.key, t.value, run."experimentId" FROM unnest(${pairs(tags, add)}) t(seq, key, value) JOIN run ON run.seq = t.seq
      ON CONFLICT ("runSeq", key) DO UPDATE SET value = excluded.value WHERE "Tag".value <> excluded.value)`);
  }
  const models = batches[0]?.modelMetrics;
  if (models) {
    used.push("models");
    parts.push(modelPart(models, add));
  }
  return { name: `write-${used.join("-")}`, text: `WITH ${parts.join(",\n ")}\n SELECT seq, id, "experimentId", "parentRunId" FROM run`, list };
}

type Add = (literal: unknown, type: string) => string;

function plainRuns(batches: RunBatch[], add: Add): string {
  return `run AS (UPDATE "Run" r SET revision = r.revision + 1 WHERE r.seq = ANY(${add(numberArray(new Set(batches.map((b) => b.runSeq))), "int4[]")})
    AND r."lifecycleStage" = 'active' RETURNING r.seq, r.id, r."experimentId", r."parentRunId")`;
}

/** Of several requests for one run the last one's name and parent stand. */
function namedRuns(batches: RunBatch[], add: Add): string {
  const runs = new Map<number, { name: string | null; parentRunId: string | null | undefined }>();
  for (const { runSeq, name, parentRunId } of batches) {
    const before = runs.get(runSeq);
    runs.set(runSeq, { name: name ?? before?.name ?? null, parentRunId: parentRunId === undefined ? before?.parentRunId : parentRunId });
  }
  const all = [...runs.values()];
  return `run AS (UPDATE "Run" r SET revision = r.revision + 1, name = coalesce(u.name, r.name), "parentRunId" = CASE WHEN u.moves THEN u.parent ELSE r."parentRunId" END
    FROM unnest(${add(numberArray(runs.keys()), "int4[]")}, ${add(textArray(all.map((r) => r.name)), "text[]")},
      ${add(numberArray(all.map((r) => Number(r.parentRunId !== undefined))), "int4[]::bool[]")}, ${add(textArray(all.map((r) => r.parentRunId ?? null)), "text[]")}) u(seq, name, moves, parent)
    WHERE r.seq = u.seq AND r."lifecycleStage" = 'active' RETURNING r.seq, r.id, r."experimentId", r."parentRunId")`;
}

function segmentPart(batches: RunBatch[], add: Add): string {
  const runs: number[] = [];
  const all: Series[] = [];
  for (const b of batches) {
    for (const s of b.series ?? []) {
      runs.push(b.runSeq);
      all.push(s);
    }
  }
  const columns = [
    add(numberArray(runs), "int4[]"),
    add(numberArray(all.map((s) => s.keyId)), "int4[]"),
    add(numberArray(all.map((s) => s.packed.count)), "int4[]"),
    add(numberArray(all.map((s) => s.packed.firstStep)), "int8[]"),
    add(numberArray(all.map((s) => s.packed.lastStep)), "int8[]"),
    add(numberArray(all.map((s) => s.packed.minTimestampMs)), "int8[]"),
    add(numberArray(all.map((s) => s.packed.maxTimestampMs)), "int8[]"),
    // Hex needs no quotes in an array; the backslash before it does not survive one, so it is put there by the database.
    add(`{${all.map((s) => s.packed.bytes.toString("hex")).join(",")}}`, "text[]"),
  ];
  return `segment AS (INSERT INTO "MetricSegment" ("runSeq", "keyId", count, "firstStep", "lastStep", "minTimestampMs", "maxTimestampMs", points)
    SELECT run.seq, s.key, s.n, s.first, s.last, s.low, s.high, decode(s.hex, 'hex') FROM unnest(${columns.join(", ")}) s(seq, key, n, first, last, low, high, hex) JOIN run ON run.seq = s.seq)`;
}

/** A statement may touch a row once: of several series of one metric of a run the latest point stands. */
function latestPart(batches: RunBatch[], add: Add): string {
  const latest = new Map<string, { seq: number; keyId: number; point: Point }>();
  for (const b of batches) {
    for (const s of b.series ?? []) {
      const id = `${b.runSeq}/${s.keyId}`;
      const before = latest.get(id);
      if (!before || isLater(s.latest, before.point)) latest.set(id, { seq: b.runSeq, keyId: s.keyId, point: s.latest });
    }
  }
  const all = [...latest.values()];
  const columns = [
    add(numberArray(all.map((l) => l.seq)), "int4[]"),
    add(numberArray(all.map((l) => l.keyId)), "int4[]"),
    add(numberArray(all.map((l) => l.point.step)), "int8[]"),
    add(numberArray(all.map((l) => l.point.timestampMs)), "int8[]"),
    add(numberArray(all.map((l) => l.point.value)), "float8[]"),
  ];
  return `latest AS (INSERT INTO "LatestMetric" AS l ("runSeq", "keyId", step, "timestampMs", value, "experimentId")
    SELECT run.seq, m.key, m.step, m.time, m.value, run."experimentId" FROM unnest(${columns.join(", ")}) m(seq, key, step, time, value) JOIN run ON run.seq = m.seq
    ON CONFLICT ("runSeq", "keyId") DO UPDATE SET step = excluded.step, "timestampMs" = excluded."timestampMs", value = excluded.value
    WHERE (excluded.step, excluded."timestampMs", CASE WHEN excluded.value = 'NaN' THEN 0 ELSE excluded.value END)
      > (l.step, l."timestampMs", CASE WHEN l.value = 'NaN' THEN 0 ELSE l.value END))`;
}

function isLater(a: Point, b: Point): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestampMs !== b.timestampMs) return a.timestampMs > b.timestampMs;
  return (Number.isNaN(a.value) ? 0 : a.value) > (Number.isNaN(b.value) ? 0 : b.value);
}

type Flat = { seqs: number[] } & Pairs;

/** The pairs of all batches; of a key that comes twice for one run the last value stands (of params only one request is here). */
function flatten(batches: RunBatch[], noun: "params" | "tags"): Flat | undefined {
  if (!batches.some((b) => b[noun])) return undefined;
  const flat: Flat = { seqs: [], keys: [], values: [] };
  const places = new Map<string, number>();
  for (const b of batches) {
    b[noun]?.keys.forEach((key, i) => {
      const value = b[noun]?.values[i] ?? "";
      const id = `${b.runSeq}/${key}`;
      const place = places.get(id);
      if (place !== undefined) {
        flat.values[place] = value;
        return;
      }
      places.set(id, flat.keys.length);
      flat.seqs.push(b.runSeq);
      flat.keys.push(key);
      flat.values.push(value);
    });
  }
  return flat;
}

const pairs = (flat: Flat, add: Add) => `${add(numberArray(flat.seqs), "int4[]")}, ${add(textArray(flat.keys), "text[]")}, ${add(textArray(flat.values), "text[]")}`;

function modelPart(m: ModelMetrics, add: Add): string {
  const columns = [
    add(textArray(m.keys), "text[]"),
    add(numberArray(m.steps), "int8[]"),
    add(numberArray(m.timestamps), "int8[]"),
    add(numberArray(m.values.map((v) => (Number.isNaN(v) ? 0 : v))), "float8[]"),
    add(numberArray(m.values.map((v) => Number(Number.isNaN(v)))), "int4[]::bool[]"),
    add(textArray(m.modelIds), "text[]"),
    add(textArray(m.datasetNames), "text[]"),
    add(textArray(m.datasetDigests), "text[]"),
  ];
  const mayWrite = add(m.mayWrite && textArray(m.mayWrite), "text[]");
  return `model AS (INSERT INTO "LoggedModelMetric" (key, step, "timestampMs", value, "isNan", "modelId", "datasetName", "datasetDigest", "runId")
    SELECT m.key, m.step, m.time, m.value, m.nan, m.model, m.dataset, m.digest, run.id FROM run, unnest(${columns.join(", ")}) m(key, step, time, value, nan, model, dataset, digest)
    JOIN "LoggedModel" lm ON lm.id = m.model AND lm."deletedAtMs" IS NULL AND (${mayWrite} IS NULL OR lm.id = ANY(${mayWrite}))
    JOIN "Experiment" e ON e.id = lm."experimentId" AND e."workspaceId" = ${add(m.workspaceId, "text")}
    ON CONFLICT DO NOTHING)`;
}
