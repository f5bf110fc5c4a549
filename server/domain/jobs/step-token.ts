import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Actor, Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { isEndedState } from "./job-record";

/*
 * A step's credential is its job's id, signed. The shim adds it to what comes over the step's own socket, so none is inside.
 * It is good while the job has not ended.
 */

const prefix = "step_";

/** Made once by whoever comes first; web and runner read the same file. */
function secret(): Buffer {
  const dir = join(env().dataDir, "secrets");
  const path = join(dir, "step");
  const read = () => Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const made = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(made, randomBytes(32).toString("hex"), { mode: 0o600 });
  try {
    // A link fails where a rename would replace: the first one stays.
    linkSync(made, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return read();
}

let cachedSecret: Buffer | undefined;
function sign(jobId: string): string {
  cachedSecret ??= secret();
  return createHmac("sha256", cachedSecret).update(jobId).digest("hex");
}

/** The token by which a job's step is known: `step_<job id>.<signature>`. */
export const stepTokenFor = (jobId: string): string => `${prefix}${jobId}.${sign(jobId)}`;

type StepActor = Extract<Actor, { kind: "step" }>;
export type StepIdentity = { actor: StepActor; workspaceId: string };

/** A step may send thousands of small requests; its identity changes only when its job ends. */
const known = new Map<string, { until: number; step: StepIdentity }>();
const knownMs = 2_000;

/** Who a step's token speaks for, and in which workspace; null when it is not one of ours or its job has ended. */
export async function actorOfStepToken(ctx: Pick<Ctx, "db">, token: string): Promise<StepIdentity | null> {
  const [jobId = "", signature = ""] = token.startsWith(prefix) ? token.slice(prefix.length).split(".") : [];
  const wanted = Buffer.from(sign(jobId));
  const given = Buffer.from(signature);
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return null;

  const hit = known.get(jobId);
  if (hit && hit.until > Date.now()) return hit.step;
  known.delete(jobId);
  const row = await ctx.db.job.findUnique({ where: { id: jobId } });
  if (!row || isEndedState(row.state)) return null;
  const step: StepIdentity = { workspaceId: row.workspaceId, actor: await stepActorOf(ctx, row) };
  if (known.size > 1_000) known.clear();
  known.set(jobId, { until: Date.now() + knownMs, step });
  return step;
}

type StepJob = { id: string; runId: string; projectId: string; rootJobId: string | null };

/** What a job's step acts as. */
export async function stepActorOf(ctx: Pick<Ctx, "db">, job: StepJob): Promise<StepActor> {
  const run = await ctx.db.run.findUniqueOrThrow({ where: { id: job.runId }, select: { experimentId: true } });
  return { kind: "step", jobId: job.id, runId: job.runId, experimentId: run.experimentId, projectId: job.projectId, rootJobId: job.rootJobId ?? job.id };
}
