import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Ctx } from "@/server/ctx";
import { appendLog } from "@/server/domain/jobs";
import { persist } from "./persist";

const pieceBytes = 256 * 1024;

/** Copies a shim's log file into the stored log. The file is the truth: what is stored already is skipped by its place. */
export class LogTail {
  private file: FileHandle | undefined;

  constructor(
    private readonly ctx: Ctx,
    private readonly jobId: string,
    private readonly jobDir: string,
    /** Where the file's first byte stands in the job's log. */
    private readonly base: number,
    /** How much of the file is stored. */
    private position: number,
  ) {}

  get storedBytes(): number {
    return this.position;
  }

  /** Stores what the file holds past the position. @returns whether there was any. */
  async copy(): Promise<boolean> {
    try {
      this.file ??= await open(join(this.jobDir, "out.log"), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    let isNew = false;
    for (;;) {
      const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, this.position);
      if (bytesRead === 0) return isNew;
      isNew = true;
      const bytes = buffer.subarray(0, bytesRead);
      const offset = this.base + this.position;
      await persist("step log", () => appendLog(this.ctx, { jobId: this.jobId, offset, bytes }));
      this.position += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.file?.close().catch(() => {});
    this.file = undefined;
  }
}
