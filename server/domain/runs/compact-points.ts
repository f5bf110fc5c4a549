import type pg from "pg";
import { inTransaction } from "@/server/db";
import { log } from "@/server/log";
import { numberArray } from "./array-literal";
import { findMetricKey } from "./metric-keys";
import { mergePacked, type Packed, packPoints } from "./points";

/*
 * Merging small segments of points into large ones, in the background: a loop that logs one point at a time leaves a segment for
 * each. Nothing waits for it, and readers merge what they find; it only makes them fast.
 */

/** Points of a full segment. */
export const fullSegment = 4096;
/** So many small segments of one metric are worth a merge. */
export const mergeFrom = 512;
const mostAtOnce = 20_000;
/** Full segments that lie in between are merged too, unless that would be too much to hold. */
const mostOverlapped = 100;

type Row = { id: bigint; points: Buffer };

/**
 * Merges the small segments of one metric of a run. Does nothing when somebody else is at it.
 *
 * @returns how many segments went into the merge.
 */
export async function compactSeries(sql: pg.Pool, runSeq: number, keyId: number): Promise<number> {
  return inTransaction(sql, async (client) => {
    const { rows: [lock] } = await client.query<{ is_ours: boolean }>("SELECT pg_try_advisory_xact_lock($1::int4, $2::int4) AS is_ours", [runSeq, keyId]);
    if (!lock?.is_ours) return 0;
    const { rows: small } = await client.query<Row>(`SELECT id, points FROM "MetricSegment" WHERE "runSeq" = $1 AND "keyId" = $2 AND count < $3 ORDER BY id LIMIT ${mostAtOnce}`, [runSeq, keyId, fullSegment]);
    if (small.length < 2) return 0;
    let parts = small;
    const { rows: overlapped } = await client.query<Row>(
      `SELECT id, points FROM "MetricSegment" WHERE "runSeq" = $1 AND "keyId" = $2 AND count >= $3
       AND "lastStep" >= (SELECT min("firstStep") FROM "MetricSegment" WHERE "runSeq" = $1 AND "keyId" = $2 AND id = ANY($4::int8[]))
       AND "firstStep" <= (SELECT max("lastStep") FROM "MetricSegment" WHERE "runSeq" = $1 AND "keyId" = $2 AND id = ANY($4::int8[])) LIMIT ${mostOverlapped + 1}`,
      [runSeq, keyId, fullSegment, numberArray(small.map((s) => s.id))],
    );
    if (overlapped.length <= mostOverlapped) parts = [...small, ...overlapped];
    const points = mergePacked(parts.map((p) => ({ bytes: p.points })));
    const merged: Packed[] = [];
    for (let at = 0; at < points.length; at += fullSegment) merged.push(packPoints(points.slice(at, at + fullSegment)));
    await client.query(`DELETE FROM "MetricSegment" WHERE "runSeq" = $1 AND "keyId" = $2 AND id = ANY($3::int8[])`, [runSeq, keyId, numberArray(parts.map((p) => p.id))]);
    for (const m of merged) {
      await client.query(
        { name: "insert-segment", text: `INSERT INTO "MetricSegment" ("runSeq", "keyId", count, "firstStep", "lastStep", "minTimestampMs", "maxTimestampMs", points) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)` },
        [runSeq, keyId, m.count, m.firstStep, m.lastStep, m.minTimestampMs, m.maxTimestampMs, m.bytes],
      );
    }
    return parts.length;
  });
}

/** What waits to be merged, one series after the other; and how many segments each series got since it was merged last. */
class Compactor {
  private readonly growth = new Map<string, number>();
  private readonly waiting = new Map<string, { runSeq: number; find: () => Promise<number | undefined> }>();
  private isBusy = false;

  constructor(private readonly sql: pg.Pool) {}

  grew(runSeq: number, names: Iterable<string>) {
    // What is forgotten here is merged when it is read.
    if (this.growth.size > 200_000) this.growth.clear();
    for (const name of names) {
      const id = `${runSeq}/${name}`;
      const count = (this.growth.get(id) ?? 0) + 1;
      if (count < mergeFrom) {
        this.growth.set(id, count);
        continue;
      }
      this.growth.delete(id);
      this.add(id, runSeq, () => findMetricKey(this.sql, name));
    }
  }

  add(id: string, runSeq: number, find: () => Promise<number | undefined>) {
    this.waiting.set(id, { runSeq, find });
    if (!this.isBusy) void this.work();
  }

  private async work() {
    this.isBusy = true;
    for (;;) {
      const [next] = this.waiting;
      if (!next) break;
      const [id, { runSeq, find }] = next;
      this.waiting.delete(id);
      try {
        const keyId = await find();
        if (keyId !== undefined) await compactSeries(this.sql, runSeq, keyId);
      } catch (error) {
        log.info({ error: String(error) }, "points were not merged; they are when they are read next");
      }
    }
    this.isBusy = false;
  }
}

const compactors = new WeakMap<pg.Pool, Compactor>();

function compactorOf(sql: pg.Pool): Compactor {
  const compactor = compactors.get(sql) ?? new Compactor(sql);
  compactors.set(sql, compactor);
  return compactor;
}

/** Counts the segments that a batch added, and has a series merged when it has become many. */
export function noteGrowth(sql: pg.Pool, runSeq: number, metrics: Map<string, unknown> | undefined): void {
  if (metrics) compactorOf(sql).grew(runSeq, metrics.keys());
}

/** For a reader that came upon many small segments. */
export function askToCompact(sql: pg.Pool, runSeq: number, keyId: number): void {
  compactorOf(sql).add(`#${runSeq}/${keyId}`, runSeq, () => Promise.resolve(keyId));
}
