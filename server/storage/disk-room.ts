import { mkdir, statfs } from "node:fs/promises";
import { DomainError } from "../errors";

const heldMs = 1_000;

/** Watches the free space of a folder's disk, so that uploads never take the last of what the database beside them needs. */
export class DiskRoom {
  private seen: { freeBytes: number; totalBytes: number; atMs: number } | undefined;

  constructor(
    private readonly dir: string,
    /** Kept free; undefined: 1 GiB, or a twentieth of a smaller disk. */
    private readonly reserveBytes: number | undefined,
  ) {}

  async freeBytes(): Promise<number> {
    return (await this.look()).freeBytes;
  }

  /** @throws DomainError `storage_full` when these bytes would eat into the reserve. */
  async require(bytes: number): Promise<void> {
    const { freeBytes, totalBytes } = await this.look();
    const reserve = this.reserveBytes ?? Math.min(1024 ** 3, totalBytes / 20);
    if (freeBytes - bytes >= reserve) return;
    throw new DomainError("storage_full", "The server's disk is too full for this file. Nothing was stored; free some space (Settings, Storage) and try again.");
  }

  private async look() {
    const now = Date.now();
    if (this.seen && now - this.seen.atMs < heldMs) return this.seen;
    const info = await statfs(this.dir).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(this.dir, { recursive: true });
      return statfs(this.dir);
    });
    this.seen = { freeBytes: info.bavail * info.bsize, totalBytes: info.blocks * info.bsize, atMs: now };
    return this.seen;
  }
}
