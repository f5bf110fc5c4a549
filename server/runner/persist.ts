import { asDomainError } from "@/server/errors";
import { log } from "@/server/log";

const delaysMs = [100, 200, 500, 1_000, 2_000];

/**
 * Does what must be written down, again and again while the database is away or the disk is full: a step goes on meanwhile, and
 * what it said is in its file. Anything else is thrown. With a signal, an aborted wait throws the last failure.
 */
export async function persist<T>(what: string, act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const kind = asDomainError(error)?.kind;
      if ((kind !== "unavailable" && kind !== "storage_full") || signal?.aborted) throw error;
      if (attempt === 0) log.info({ what, kind }, "not stored yet, trying again");
      await sleep(delaysMs[Math.min(attempt, delaysMs.length - 1)] ?? 2_000);
    }
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
