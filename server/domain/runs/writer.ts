import type pg from "pg";
import { type BatchedRun, type RunBatch, writeStatement } from "./writer-sql";

/*
 * The one writer of metrics, params and tags. Requests that arrive while others are being written are written together, in one
 * statement and one commit, each answered only once that commit is durable. Batches of one run never overtake each other.
 */

/** What became of a batch's run: its row as written, or "gone" when there is no such active run. */
export type Written = BatchedRun | "gone" | "param-changed";

type Waiting = { batch: RunBatch; points: number; resolve: (written: Written) => void; reject: (error: unknown) => void };

const maxInFlight = 2;
const mostRequests = 64;
const mostPoints = 4000;

class Writer {
  private waiting: Waiting[] = [];
  private readonly busyRuns = new Set<number>();
  private inFlight = 0;
  private isScheduled = false;

  constructor(private readonly sql: pg.Pool) {}

  write(batch: RunBatch): Promise<Written> {
    return new Promise((resolve, reject) => {
      const points = (batch.series ?? []).reduce((sum, s) => sum + s.packed.count, 0) + (batch.params?.keys.length ?? 0) + (batch.tags?.keys.length ?? 0);
      this.waiting.push({ batch, points, resolve, reject });
      this.schedule();
    });
  }

  /** After the I/O of this turn, so that requests which came in together go out together. */
  private schedule() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump() {
    while (this.inFlight < maxInFlight) {
      const group = this.take();
      if (group.length === 0) return;
      this.inFlight++;
      for (const { batch } of group) this.busyRuns.add(batch.runSeq);
      void this.store(group).finally(() => {
        this.inFlight--;
        for (const { batch } of group) this.busyRuns.delete(batch.runSeq);
        if (this.waiting.length > 0) this.schedule();
      });
    }
  }

  /** What can go out in one statement: in order, no run that is being written, params of a run from one request only. */
  private take(): Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const held = new Set<number>();
    const withParams = new Set<number>();
    let points = 0;
    for (const w of this.waiting) {
      const { runSeq, params, modelMetrics } = w.batch;
      const isFull = group.length >= mostRequests || (group.length > 0 && points + w.points > mostPoints);
      const needsOwn = modelMetrics !== undefined && group.length > 0;
      const hasOwn = group[0]?.batch.modelMetrics !== undefined;
      if (isFull || needsOwn || hasOwn || held.has(runSeq) || this.busyRuns.has(runSeq) || (params && withParams.has(runSeq))) {
        held.add(runSeq);
        left.push(w);
        continue;
      }
      if (params) withParams.add(runSeq);
      points += w.points;
      group.push(w);
    }
    this.waiting = left;
    return group;
  }

  private async store(group: Waiting[]): Promise<void> {
    try {
      const runs = await this.send(group.map((w) => w.batch));
      for (const w of group) w.resolve(runs.get(w.batch.runSeq) ?? "gone");
    } catch (error) {
      if (group.length > 1 && isOfOneRequest(error)) {
        // One of them cannot be stored; the others must not suffer for it.
        for (const w of group) await this.store([w]);
      } else if ((error as { code?: string }).code === notNull && group[0]?.batch.params) {
        group[0].resolve("param-changed");
      } else {
        for (const w of group) w.reject(error);
      }
    }
  }

  private async send(batches: RunBatch[]): Promise<Map<number, BatchedRun>> {
    const { name, text, list } = writeStatement(batches);
    for (let attempt = 1; ; attempt++) {
      try {
        const { rows } = await this.sql.query<BatchedRun>({ name, text }, list);
        return new Map(rows.map((r) => [r.seq, r]));
      } catch (error) {
        if (attempt < 3 && ["40P01", "40001"].includes((error as { code?: string }).code ?? "")) continue;
        throw error;
      }
    }
  }
}

const notNull = "23502";

/** The classes of SQL errors that come of what was sent: data exceptions, broken constraints, limits of an index. */
function isOfOneRequest(error: unknown): boolean {
  return /^(22|23|54)/.test((error as { code?: string }).code ?? "");
}

const writers = new WeakMap<pg.Pool, Writer>();

/** Stores one run's batch, all or nothing; resolved once it is durable. */
export function writeBatch(sql: pg.Pool, batch: RunBatch): Promise<Written> {
  const writer = writers.get(sql) ?? new Writer(sql);
  writers.set(sql, writer);
  return writer.write(batch);
}
