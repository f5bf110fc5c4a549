import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "../errors";
import { missingCodes } from "./disk-io";

/** A folder that was found to be no link is believed for this long. */
const believedMs = 10_000;

/** A store's folder, below which a link planted on the way leads nowhere. */
export class RealRoot {
  private readonly believed = new Map<string, number>();
  private realDir: string | undefined;

  constructor(private readonly dir: string) {}

  /** With links resolved, the folder must be the one that was written. @throws DomainError `not_found`, also when it is not there. */
  async requireInside(dir: string, key: string): Promise<void> {
    const now = Date.now();
    if ((this.believed.get(dir) ?? 0) > now) return;
    try {
      this.realDir ??= await realpath(this.dir);
      if ((await realpath(dir)) === join(this.realDir, dir.slice(this.dir.length))) {
        if (this.believed.size > 5_000) this.believed.clear();
        this.believed.set(dir, now + believedMs);
        return;
      }
    } catch (error) {
      if (!missingCodes.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    throw notFound("file", key);
  }

  /** The folder may have gone. */
  forget(dir: string): void {
    this.believed.delete(dir);
  }
}
