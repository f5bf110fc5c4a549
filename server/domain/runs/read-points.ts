import type pg from "pg";
import { numberArray } from "./array-literal";
import { PointList } from "./point-list";
import { mergePacked } from "./points";

/*
 * Reading the packed points of a metric. Headers first, then only the segments that are needed. Segments never change, but small
 * ones are merged into large ones meanwhile: a reader whose segments went away begins again.
 */

/** Where a segment is. */
export type SegmentId = { runSeq: number; keyId: number; id: bigint };
export type Header = SegmentId & { keyId: number; count: number; firstStep: bigint; lastStep: bigint; minTimestampMs: bigint; maxTimestampMs: bigint };

class SegmentsMoved extends Error {}

/** Of one metric of these runs, by run, first step, id. */
export async function readHeaders(sql: pg.Pool, runSeqs: number[], keyId: number): Promise<Header[]> {
  const { rows } = await sql.query<Header>(
    {
      name: "segment-headers",
      text: `SELECT id, "runSeq", "keyId", count, "firstStep", "lastStep", "minTimestampMs", "maxTimestampMs" FROM "MetricSegment"
        WHERE "runSeq" = ANY($1::int4[]) AND "keyId" = $2 ORDER BY "runSeq", "firstStep", id`,
    },
    [runSeqs, keyId],
  );
  return rows;
}

/** The points of these segments, in their order. */
export async function loadSegments(sql: pg.Pool, segments: SegmentId[]): Promise<Buffer[]> {
  if (segments.length === 0) return [];
  const { rows } = await sql.query<{ id: bigint; points: Buffer }>(
    {
      name: "segment-points",
      text: `SELECT s.id, s.points FROM unnest($1::int4[], $2::int4[], $3::int8[]) w(run, key, id) JOIN "MetricSegment" s ON s."runSeq" = w.run AND s."keyId" = w.key AND s.id = w.id`,
    },
    columnsOf(segments),
  );
  const byId = new Map(rows.map((r) => [r.id, r.points]));
  return segments.map(({ id }) => {
    const points = byId.get(id);
    if (!points) throw new SegmentsMoved();
    return points;
  });
}

/** Single points out of segments, 24 bytes each, `offset` counted in points; without reading the rest of the segment. */
export async function loadPoints(sql: pg.Pool, picks: { segment: SegmentId; offset: number }[]): Promise<Buffer[]> {
  if (picks.length === 0) return [];
  const { rows } = await sql.query<{ point: Buffer }>(
    {
      name: "single-points",
      text: `SELECT substring(s.points from w.at * 24 + 1 for 24) AS point FROM unnest($1::int4[], $2::int4[], $3::int8[], $4::int4[]) WITH ORDINALITY w(run, key, id, at, n)
        JOIN "MetricSegment" s ON s."runSeq" = w.run AND s."keyId" = w.key AND s.id = w.id ORDER BY w.n`,
    },
    [...columnsOf(picks.map((p) => p.segment)), numberArray(picks.map((p) => p.offset))],
  );
  if (rows.length < picks.length) throw new SegmentsMoved();
  return rows.map((r) => r.point);
}

const columnsOf = (segments: SegmentId[]) => [numberArray(segments.map((s) => s.runSeq)), numberArray(segments.map((s) => s.keyId)), numberArray(segments.map((s) => s.id))];

/** Whether the segments follow each other, so that a point's place is known from the counts. A repeat can only stand within one. */
export function areInOrder(headers: Header[]): boolean {
  for (let i = 1; i < headers.length; i++) if ((headers[i - 1] as Header).lastStep >= (headers[i] as Header).firstStep) return false;
  return true;
}

/** Does the work again when segments were merged under it. */
export async function withStableSegments<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SegmentsMoved && attempt < 10) continue;
      throw error;
    }
  }
}

/** All of these segments as one sorted list, each distinct point once. */
export async function loadMerged(sql: pg.Pool, headers: Header[]): Promise<PointList> {
  const parts = await loadSegments(sql, headers);
  return areInOrder(headers) ? new PointList(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)) : PointList.of(mergePacked(parts.map((bytes) => ({ bytes }))));
}
