import { DomainError } from "@/server/errors";
import { RestError } from "./rest-client";
import { count, type Say } from "./progress";

const most = 40;

/** What could not be carried over, and what a person should know; each kind is told up to a number. */
export class Problems {
  private readonly lines: string[] = [];
  private readonly notes = new Set<string>();
  count = 0;

  add(what: string, why: unknown): void {
    this.count++;
    this.lines.push(`${what}: ${why instanceof Error ? why.message : String(why)}`);
  }

  note(line: string): void {
    this.notes.add(line);
  }

  /** Everything, a line each, for a file. */
  all(): string {
    return [...this.notes, ...this.lines.map((line) => `not carried over: ${line}`), ""].join("\n");
  }

  tell(say: Say): void {
    if (this.notes.size > 0) say("Notes");
    for (const note of [...this.notes].slice(0, most)) say(`  ${note}`);
    if (this.notes.size > most) say(`  and ${count(this.notes.size - most)} more; --report FILE writes them all`);
    if (this.count > 0) say(`Not carried over (${count(this.count)})`);
    for (const line of this.lines.slice(0, most)) say(`  ${line.replaceAll("\n", " ").slice(0, 400)}`);
    if (this.count > most) say(`  and ${count(this.count - most)} more; --report FILE writes them all`);
  }
}

/** Whether the failure concerns one thing only, so that the others can go on. */
export function isOfOneThing(error: unknown): boolean {
  if (error instanceof DomainError) return error.kind !== "unavailable" && error.kind !== "storage_full";
  if (error instanceof RestError) return error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 403;
  return ["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "ENAMETOOLONG"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Thrown when a person stops the work. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted("stopped");
}

/** Runs `work` over the items, at most `width` at a time; the first failure is thrown once the others have ended. */
export async function eachAtOnce<T>(items: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failure: unknown;
  const worker = async () => {
    while (next < items.length && failure === undefined) {
      const item = items[next++] as T;
      try {
        await work(item);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failure !== undefined) throw failure;
}
