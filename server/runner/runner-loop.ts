import type { Job as JobRow } from "@/generated/prisma/client";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { claimJob, countBusySlots, endStrays, finishJob, heartbeat, isEndedState, type RunnerReport, stopTree, stopWords } from "@/server/domain/jobs";
import { log } from "@/server/log";
import { sweepFolders } from "./clean-up";
import { carryOut, serverStopped, type Signals } from "./carry-out";
import { persist, sleep } from "./persist";
import { reconcile } from "./reconcile";
import type { SandboxReport } from "./sandbox-types";
import { seeThrough } from "./see-through";

const sweepMs = 5_000;
const heartbeatMs = 5_000;
const strayMs = 60_000;

type Task = { job: JobRow; stop: AbortController; done: Promise<void> };

/** Claims jobs while slots are free and has them carried out, each on its own; tells each when it is asked to stop. */
export class RunnerLoop {
  private readonly tasks = new Map<string, Task>();
  private isClosing = false;
  private readonly detach = new AbortController();
  private readonly hold = new AbortController();
  private wake = () => {};
  private hasNews = false;
  private looping: Promise<void> = Promise.resolve();
  private beats: NodeJS.Timeout | undefined;
  private stopListening = () => {};
  private sweptAt = 0;

  constructor(
    /** System, of no workspace: each job brings its own. */
    private readonly ctx: Ctx,
    private readonly report: RunnerReport,
    private readonly sandbox: SandboxReport,
  ) {}

  async start(): Promise<void> {
    await persist("heartbeat", () => heartbeat(this.ctx, this.report, []));
    await this.findAgain();
    await sweepFolders(this.ctx);
    this.beats = setInterval(() => {
      heartbeat(this.ctx, this.report, [...this.tasks.keys()]).catch((error) => log.info({ error: String(error) }, "no heartbeat"));
    }, heartbeatMs);
    this.stopListening = listen("jobs", () => this.look());
    this.looping = this.loop();
  }

  /**
   * Ends the loop. Running steps are stopped with the reason, or with `isLeaving` left to themselves, to be found again. What was
   * being prepared goes back to the queue: none of its own code has run.
   */
  async close({ isLeaving }: { isLeaving: boolean }): Promise<void> {
    this.isClosing = true;
    this.stopListening();
    this.wake();
    await this.looping;
    const tasks = [...this.tasks.values()];
    if (isLeaving) {
      this.detach.abort();
    } else {
      this.hold.abort();
      for (const { job } of tasks) {
        const row = await this.ctx.db.job.findUnique({ where: { id: job.id } }).catch(() => null);
        if (row && row.state !== "preparing") await this.stopTree(row).catch((error) => log.info({ jobId: job.id, error: String(error) }, "a stop could not be noted"));
      }
      // Not stored: stopped all the same.
      await this.passOnStops().catch(() => {
        for (const { stop } of tasks) stop.abort();
      });
    }
    await Promise.all(tasks.map((t) => t.done));
    clearInterval(this.beats);
  }

  private look() {
    this.hasNews = true;
    this.wake();
  }

  private async loop() {
    while (!this.isClosing) {
      this.hasNews = false;
      try {
        await this.passOnStops();
        await this.claim();
        await this.endOrphans();
        if (Date.now() - this.sweptAt > strayMs) {
          this.sweptAt = Date.now();
          await endStrays(this.ctx, { runnerId: this.report.runnerId });
        }
      } catch (error) {
        log.info({ error: String(error) }, "the queue could not be read, trying again");
        await sleep(500);
      }
      if (this.hasNews || this.isClosing) continue;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, sweepMs);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }

  private async claim() {
    while (!this.isClosing && (await countBusySlots(this.ctx, { runnerId: this.report.runnerId })) < this.report.slots) {
      const job = await claimJob(this.ctx, { runnerId: this.report.runnerId });
      if (!job) return;
      this.begin(job, (ctx, signals) => carryOut(ctx, job, this.sandbox, signals));
    }
  }

  private begin(job: JobRow, act: (ctx: Ctx, signals: Signals) => Promise<void>) {
    const stop = new AbortController();
    const done = act(this.ctxOf(job), { stop: stop.signal, detach: this.detach.signal, hold: this.hold.signal })
      .catch((error) => log.error({ jobId: job.id, err: error }, "a job was dropped"))
      .finally(() => {
        this.tasks.delete(job.id);
        this.look();
      });
    this.tasks.set(job.id, { job, stop, done });
  }

  private async passOnStops() {
    const ids = [...this.tasks.keys()];
    if (ids.length === 0) return;
    const asked = await this.ctx.db.job.findMany({ where: { id: { in: ids }, stopAskedAt: { not: null } }, select: { id: true } });
    for (const { id } of asked) this.tasks.get(id)?.stop.abort();
  }

  /** Jobs of a runner before us on this data folder, which kept its name. */
  private async findAgain() {
    const rows = await persist("jobs", () => this.jobsWhere(`"runnerId" = $1 AND state IN ('preparing', 'running', 'stopping')`, [this.report.runnerId]));
    for (const job of rows) {
      const found = await persist("job", () => reconcile(this.ctxOf(job), job));
      if (found === "follow") this.begin(job, (ctx, signals) => seeThrough(ctx, job.id, signals));
    }
  }

  /** Stops that were half written down when their process died: no runner has the job, and none will claim it. */
  private async endOrphans() {
    const rows = await this.jobsWhere(`"runnerId" IS NULL AND state = 'stopping'`, []);
    for (const row of rows) {
      await finishJob(this.ctxOf(row), { jobId: row.id, state: "stopped", reason: stopWords(row.stopAskedBy ?? "by the owner", null, null) });
    }
  }

  /** Looked for by SQL first: at most starts there are none, and Prisma's engine need not be there to say so. */
  private async jobsWhere(condition: string, values: unknown[]): Promise<JobRow[]> {
    const { rows } = await this.ctx.sql.query<{ id: string }>(`SELECT id FROM "Job" WHERE ${condition}`, values);
    return rows.length === 0 ? [] : this.ctx.db.job.findMany({ where: { id: { in: rows.map((r) => r.id) } }, orderBy: { createdAt: "asc" } });
  }

  private async stopTree(row: JobRow) {
    if (!isEndedState(row.state)) await stopTree(this.ctxOf(row), { jobId: row.id, by: serverStopped });
  }

  private ctxOf(job: { workspaceId: string }): Ctx {
    return { ...this.ctx, workspaceId: job.workspaceId };
  }
}
