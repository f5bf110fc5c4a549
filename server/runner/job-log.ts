import type { Ctx } from "@/server/ctx";
import { appendLog } from "@/server/domain/jobs";
import { persist } from "./persist";

const gatherMs = 20;

/** The first part of a job's log: what the runner itself has to say, and the build of the environment. Stored in order. */
export class JobLog {
  private waiting: Buffer[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: unknown;

  constructor(
    private readonly ctx: Ctx,
    private readonly jobId: string,
    /** Where the next byte stands. */
    private offset: number,
  ) {}

  /** Lines end in \r\n, as a terminal wants them. */
  write(text: string): void {
    this.waiting.push(Buffer.from(text));
    this.timer ??= setTimeout(() => void this.flush().catch(() => {}), gatherMs);
  }

  /** One line of the runner's own, dimmed. */
  say(line: string): void {
    this.write(`\x1b[2m${line}\x1b[0m\r\n`);
  }

  /** Resolves when all of it is stored. @returns where the log ends. */
  async flush(): Promise<number> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.store()).catch((error: unknown) => {
      this.failure ??= error;
    });
    await this.writing;
    if (this.failure) throw this.failure;
    return this.offset;
  }

  private async store() {
    const bytes = Buffer.concat(this.waiting.splice(0));
    if (bytes.length === 0) return;
    const { offset } = this;
    await persist("job log", () => appendLog(this.ctx, { jobId: this.jobId, offset, bytes }));
    this.offset = offset + bytes.length;
  }
}
