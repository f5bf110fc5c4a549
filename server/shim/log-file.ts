import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from "node:fs";
import type { ShimGap } from "@/common/shim";

const syncMs = 500;
const retryMs = 1_000;
const tailBytes = 64 * 1024;

/**
 * The step's output as it came, appended. Written synchronously: the pty is read no faster than the disk takes it, which is all
 * the back-pressure that a flood needs. A full disk or the limit drops output, never the step; each gap is named in the file.
 */
export class LogFile {
  bytes = 0;
  readonly gaps: ShimGap[] = [];
  private readonly fd: number;
  private isDirty = false;
  private isSyncing = false;
  private fullSince = 0;
  private isPastLimit = false;
  /** Dropped and not yet named in the file. */
  private open: ShimGap | undefined;
  /** The last of what the limit dropped. */
  private tail: Buffer[] = [];
  private tailSize = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(path: string, private readonly limitBytes: number, private readonly onWritten: () => void) {
    this.fd = openSync(path, "a", 0o600);
    this.timer = setInterval(() => this.sync(), syncMs);
  }

  append(chunk: Buffer): void {
    if (this.isPastLimit || this.bytes + chunk.length > this.limitBytes) {
      this.isPastLimit = true;
      this.drop(chunk.length, "log limit");
      this.tail.push(chunk);
      this.tailSize += chunk.length;
      while (this.tailSize - (this.tail[0]?.length ?? 0) >= tailBytes) this.tailSize -= this.tail.shift()?.length ?? 0;
      return;
    }
    if (this.open && (Date.now() - this.fullSince < retryMs || !this.nameGap())) {
      this.drop(chunk.length, "disk full");
      return;
    }
    this.write(chunk);
  }

  /** Everything is on the disk afterwards, or named as missing. */
  close(): void {
    clearInterval(this.timer);
    const last = Buffer.concat(this.tail);
    const kept = last.subarray(Math.max(0, last.length - tailBytes));
    if (this.open?.reason === "log limit") this.open.bytes -= kept.length;
    if (this.open && this.nameGap()) this.write(kept);
    try {
      fdatasyncSync(this.fd);
    } catch {
      // What is written is written; there is nobody to tell.
    }
    closeSync(this.fd);
  }

  private drop(bytes: number, reason: ShimGap["reason"]) {
    if (!this.open) {
      this.open = { offset: this.bytes, bytes: 0, reason };
      this.gaps.push(this.open);
    }
    this.open.bytes += bytes;
  }

  private nameGap(): boolean {
    const gap = this.open;
    if (!gap) return true;
    if (gap.bytes <= 0) {
      this.gaps.pop();
      this.open = undefined;
      return true;
    }
    const why = gap.reason === "disk full" ? "the server's disk was full" : "the log's limit was reached";
    this.open = undefined;
    const isWritten = this.write(Buffer.from(`\r\n\x1b[0;33m[${gap.bytes} bytes of output are missing here: ${why}]\x1b[0m\r\n`));
    if (!isWritten) {
      // write() has opened a gap of its own for the words; the old one goes on instead.
      this.gaps.pop();
      this.open = gap;
    }
    return isWritten;
  }

  private write(chunk: Buffer): boolean {
    let done = 0;
    try {
      while (done < chunk.length) {
        const n = writeSync(this.fd, chunk, done);
        done += n;
        this.bytes += n;
      }
      return true;
    } catch {
      this.fullSince = Date.now();
      this.drop(chunk.length - done, "disk full");
      return false;
    } finally {
      if (done > 0) {
        this.isDirty = true;
        this.onWritten();
      }
    }
  }

  private sync() {
    if (!this.isDirty || this.isSyncing) return;
    this.isDirty = false;
    this.isSyncing = true;
    fdatasync(this.fd, () => {
      this.isSyncing = false;
    });
  }
}
