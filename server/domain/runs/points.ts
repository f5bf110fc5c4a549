/*
 * Points of one metric of one run, packed: 24 bytes each, big-endian int64 step, int64 timestamp in ms, float64 value. Sorted by
 * (step, timestamp, value), where a NaN counts as 0 and stands behind it. No I/O here.
 */

export type Point = { step: bigint; timestampMs: bigint; value: number };
/** A sorted run of points. */
export type Packed = { count: number; firstStep: bigint; lastStep: bigint; minTimestampMs: bigint; maxTimestampMs: bigint; bytes: Buffer };

export const pointBytes = 24;

const rank = (value: number) => (Number.isNaN(value) ? 0 : value);

/** By step, time, value. The last of a sorted list is the one that counts as the metric's latest. */
export function comparePoints(a: Point, b: Point): number {
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  if (a.timestampMs !== b.timestampMs) return a.timestampMs < b.timestampMs ? -1 : 1;
  return rank(a.value) - rank(b.value) || Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
}

/** MLflow's order of a history: by time, step, value. */
export function compareInTime(a: Point, b: Point): number {
  return a.timestampMs === b.timestampMs ? comparePoints(a, b) : a.timestampMs < b.timestampMs ? -1 : 1;
}

/** Sorts in place; a list that is in order already, as most are, costs one pass. */
export function sortPoints<T extends Point>(points: T[], compare: (a: T, b: T) => number = comparePoints): T[] {
  for (let i = 1; i < points.length; i++) if (compare(points[i - 1] as T, points[i] as T) > 0) return points.sort(compare);
  return points;
}

/** Packs a list, which is sorted and rid of repeats on the way. Needs at least one point. */
export function packPoints(points: Point[]): Packed {
  dropRepeats(sortPoints(points));
  const bytes = Buffer.allocUnsafe(points.length * pointBytes);
  let at = 0;
  let min = (points[0] as Point).timestampMs;
  let max = min;
  for (const p of points) {
    bytes.writeBigInt64BE(p.step, at);
    bytes.writeBigInt64BE(p.timestampMs, at + 8);
    bytes.writeDoubleBE(p.value, at + 16);
    at += pointBytes;
    if (p.timestampMs < min) min = p.timestampMs;
    if (p.timestampMs > max) max = p.timestampMs;
  }
  return { count: points.length, firstStep: (points[0] as Point).step, lastStep: (points[points.length - 1] as Point).step, minTimestampMs: min, maxTimestampMs: max, bytes };
}

export function unpackPoints(bytes: Buffer, into: Point[] = []): Point[] {
  for (let at = 0; at + pointBytes <= bytes.length; at += pointBytes) {
    into.push({ step: bytes.readBigInt64BE(at), timestampMs: bytes.readBigInt64BE(at + 8), value: bytes.readDoubleBE(at + 16) });
  }
  return into;
}

/** One list out of several packed ones: sorted, each distinct point once. */
export function mergePacked(parts: { bytes: Buffer }[]): Point[] {
  const all: Point[] = [];
  for (const part of parts) unpackPoints(part.bytes, all);
  return dropRepeats(sortPoints(all));
}

/** Drops exact repeats from a sorted list, in place. What a client sent twice, as it lost the answer, is kept once. */
export function dropRepeats(points: Point[]): Point[] {
  let kept = 0;
  for (const p of points) {
    const before = points[kept - 1];
    if (kept > 0 && before && before.step === p.step && before.timestampMs === p.timestampMs && isSameValue(before.value, p.value)) continue;
    points[kept++] = p;
  }
  points.length = kept;
  return points;
}

/** -0 and 0 are one value, as they are to a database. */
const isSameValue = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));
