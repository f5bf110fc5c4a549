import { compareInTime, type Point, pointBytes, packPoints, sortPoints, unpackPoints } from "./points";

/**
 * Points as they are stored, looked at in place: a history of a hundred thousand is read and printed without an object for each.
 * Whole numbers come as numbers where they are exact, else as bigint.
 */
export class PointList {
  private readonly view: DataView;

  constructor(readonly bytes: Buffer) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static of(points: Point[]): PointList {
    return new PointList(points.length === 0 ? Buffer.alloc(0) : packPoints(points).bytes);
  }

  get length(): number {
    return this.bytes.length / pointBytes;
  }

  step(i: number): number | bigint {
    return this.int(i * pointBytes);
  }

  timestampMs(i: number): number | bigint {
    return this.int(i * pointBytes + 8);
  }

  value(i: number): number {
    return this.view.getFloat64(i * pointBytes + 16);
  }

  at(i: number): Point {
    return { step: this.view.getBigInt64(i * pointBytes), timestampMs: this.view.getBigInt64(i * pointBytes + 8), value: this.value(i) };
  }

  slice(from: number, to?: number): PointList {
    return new PointList(this.bytes.subarray(from * pointBytes, to === undefined ? undefined : to * pointBytes));
  }

  /** These points only, in this order. */
  pick(rows: number[]): PointList {
    const picked = Buffer.allocUnsafe(rows.length * pointBytes);
    for (let i = 0; i < rows.length; i++) this.bytes.copy(picked, i * pointBytes, (rows[i] as number) * pointBytes, ((rows[i] as number) + 1) * pointBytes);
    return new PointList(picked);
  }

  toArray(): Point[] {
    return unpackPoints(this.bytes);
  }

  /** By time, step, value. Points that came in the order of time, as most do, are taken as they stand. */
  inTimeOrder(): PointList {
    for (let i = 1; i < this.length; i++) {
      if (this.timestampMs(i - 1) > this.timestampMs(i)) return PointList.inOrder(sortPoints(this.toArray(), compareInTime));
    }
    return this;
  }

  /** The number of points that do not stand behind this one, in a list in the order of time. */
  countUntil(after: Point): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareInTime(this.at(middle), after) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private static inOrder(points: Point[]): PointList {
    const bytes = Buffer.allocUnsafe(points.length * pointBytes);
    for (const [i, p] of points.entries()) {
      bytes.writeBigInt64BE(p.step, i * pointBytes);
      bytes.writeBigInt64BE(p.timestampMs, i * pointBytes + 8);
      bytes.writeDoubleBE(p.value, i * pointBytes + 16);
    }
    return new PointList(bytes);
  }

  private int(at: number): number | bigint {
    const high = this.view.getInt32(at);
    return high >= -0x20_0000 && high < 0x20_0000 ? high * 0x1_0000_0000 + this.view.getUint32(at + 4) : this.view.getBigInt64(at);
  }
}
