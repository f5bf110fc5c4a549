import { encodeLogFrame, type LiveServerMessage } from "@/common/live/live-messages";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { readLog } from "@/server/domain/jobs";
import { asDomainError } from "@/server/errors";
import { socketLimits } from "../limits";
import { tell } from "../socket";

const chunkBytes = 256 * 1024;
/** A lost announcement costs one of these. */
const pollMs = 2_000;

type Wires = { send: (message: LiveServerMessage) => void; sendBytes: (bytes: Uint8Array) => void };

/**
 * Follows one job's stored log for one viewer, from an offset to its end, without a gap: what is sent is always what follows
 * the last byte sent. The viewer acknowledges what it has drawn; no more than a window is on its way.
 */
export class LogStream {
  #isStopped = false;
  #acked: number;
  #wake: (() => void) | undefined;
  #hasNews = false;

  constructor(
    readonly ctx: Ctx,
    readonly stream: number,
    readonly jobId: string,
    private offset: number,
    readonly wires: Wires,
    readonly onEnd: () => void,
  ) {
    this.#acked = offset;
    void this.#run();
  }

  ack(offset: number): void {
    this.#acked = Math.max(this.#acked, offset);
    this.#poke();
  }

  stop(): void {
    this.#isStopped = true;
    this.#poke();
  }

  async #run(): Promise<void> {
    const stops = [`job-log:${this.jobId}`, `job:${this.jobId}`].map((topic) => listen(topic, () => this.#poke()));
    try {
      while (!this.#isStopped) {
        if (this.offset - this.#acked >= socketLimits.logWindowBytes) {
          await this.#sleep();
          continue;
        }
        this.#hasNews = false;
        const part = await this.#read();
        if (this.#isStopped) return;
        if (!part) {
          await this.#sleep();
          continue;
        }
        if (part.bytes.length > 0) {
          this.wires.sendBytes(encodeLogFrame(this.stream, part.offset, part.bytes));
          this.offset = part.offset + part.bytes.length;
        }
        if (part.isComplete) {
          this.wires.send({ type: "log-end", stream: this.stream, jobId: this.jobId, endOffset: this.offset });
          return;
        }
        if (this.offset >= part.endOffset && !this.#hasNews) await this.#sleep();
      }
    } catch (error) {
      this.wires.send({ type: "refused", stream: this.stream, jobId: this.jobId, ...tell(error) });
    } finally {
      for (const stop of stops) stop();
      this.onEnd();
    }
  }

  /** null while the database is away: the stream waits for it. */
  async #read() {
    try {
      return await readLog(this.ctx, { jobId: this.jobId, offset: this.offset, maxBytes: chunkBytes });
    } catch (error) {
      if (asDomainError(error)?.kind === "unavailable") return null;
      throw error;
    }
  }

  #poke() {
    this.#hasNews = true;
    this.#wake?.();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, pollMs);
      const wake = () => done();
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = wake;
    });
  }
}
