/** What one socket may cost, before anything it sends is parsed. */
export const socketLimits = {
  roomsPerSocket: 128,
  topicsPerSocket: 400,
  logsPerSocket: 40,
  messagesPerSecond: 300,
  messagesBurst: 2_000,
  bytesPerSecond: 4 * 1024 * 1024,
  bytesBurst: 24 * 1024 * 1024,
  presenceBytes: 2_048,
  /** A client that reads slower than this is let go; it comes back and reads what it missed. */
  bufferedBytes: 24 * 1024 * 1024,
  /** Log bytes on their way to one viewer that it has not yet drawn. */
  logWindowBytes: 1024 * 1024,
  roomQueueBytes: 32 * 1024 * 1024,
  heartbeatMs: 25_000,
} as const;

/** A bucket that fills by time; `take` is false when it is empty. Times in ms by a clock that never goes back. */
export class Bucket {
  #level: number;
  #at = performance.now();

  constructor(
    readonly perSecond: number,
    readonly burst: number,
  ) {
    this.#level = burst;
  }

  take(amount: number): boolean {
    const now = performance.now();
    this.#level = Math.min(this.burst, this.#level + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (amount > this.#level) return false;
    this.#level -= amount;
    return true;
  }
}
