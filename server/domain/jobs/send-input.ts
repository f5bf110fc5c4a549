import { requireAccess } from "@/server/access";
import { announce } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { jobRow } from "./job-record";

const inputBytesMax = 64 * 1024;
const waitingInputsMax = 1_000;

/** Keys for a running step's terminal. @throws DomainError `conflict` when it does not run. */
export async function sendInput(ctx: Ctx, { jobId, bytes }: { jobId: string; bytes: Uint8Array }): Promise<void> {
  requireAccess(ctx, "launch");
  if (bytes.length === 0) return;
  if (bytes.length > inputBytesMax) throw new DomainError("too_large", "Input of more than 64 KiB at once is not taken. Send it in pieces.");
  await deliver(ctx, jobId, { kind: "input", bytes: Uint8Array.from(bytes) });
}

/** The size of the terminal that a person looks at. */
export async function resizeTerminal(ctx: Ctx, { jobId, cols, rows }: { jobId: string; cols: number; rows: number }): Promise<void> {
  const isSize = (n: number) => Number.isInteger(n) && n >= 1 && n <= 1_000;
  if (!isSize(cols) || !isSize(rows)) throw invalid("A terminal has 1 to 1000 columns and rows.");
  await deliver(ctx, jobId, { kind: "resize", cols, rows });
}

async function deliver(ctx: Ctx, jobId: string, data: { kind: "input"; bytes: Uint8Array<ArrayBuffer> } | { kind: "resize"; cols: number; rows: number }) {
  requireAccess(ctx, "launch");
  const row = await jobRow(ctx, jobId);
  if (row.state !== "running" && row.state !== "stopping") {
    throw new DomainError("conflict", `This launch is ${row.state}, so nothing can be typed into it.`);
  }
  if (data.kind === "input" && (await ctx.db.jobInput.count({ where: { jobId } })) >= waitingInputsMax) {
    throw new DomainError("over_limit", "The step does not read its input. Wait until it does.");
  }
  await ctx.db.jobInput.create({ data: { jobId, ...data } });
  announce(ctx, `job-input:${jobId}`);
}

export type TerminalInput = { kind: "input"; bytes: Uint8Array } | { kind: "resize"; cols: number; rows: number };

/** For the runner: what waits, in order; it is gone from the table with this. */
export async function takeInputs(ctx: Ctx, { jobId }: { jobId: string }): Promise<TerminalInput[]> {
  const taken = await ctx.sql.query<{ id: bigint; kind: string; bytes: Buffer | null; cols: number | null; rows: number | null }>(
    'DELETE FROM "JobInput" WHERE "jobId" = $1 RETURNING id, kind, bytes, cols, rows',
    [jobId],
  );
  return taken.rows
    .sort((a, b) => Number(a.id - b.id))
    .map((r) => (r.kind === "resize" ? { kind: "resize", cols: r.cols ?? 80, rows: r.rows ?? 24 } : { kind: "input", bytes: r.bytes ?? Buffer.alloc(0) }));
}
