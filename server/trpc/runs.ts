import { z } from "zod";
import { cancelJob, findJobByRun, listJobs, readLog } from "@/server/domain/jobs";
import { diffVersionAgainstNow, listVersionFiles, readVersionFile } from "@/server/domain/projects";
import { deleteRun, deleteRunTag, getRun, listRunChildren, metricSeries, restoreRun, searchRuns, setRunTag, updateRun } from "@/server/domain/runs";
import { notFound } from "@/server/errors";
import { procedure, router } from "./trpc";

const runId = z.string().min(1).max(64);
const ofRun = z.object({ runId });
const ofFile = z.object({ runId, path: z.string().min(1).max(1000) });

const logTailBytes = 16 * 1024;

export const runsRouter = router({
  get: procedure.input(ofRun).query(({ ctx, input }) => getRun(ctx, input)),
  children: procedure.input(ofRun).query(({ ctx, input }) => listRunChildren(ctx, input)),
  search: procedure
    .input(
      z.object({
        experimentIds: z.array(z.number().int()).max(500),
        filter: z.string().max(10_000).optional(),
        orderBy: z.array(z.string().max(1000)).max(5).optional(),
        viewType: z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).optional(),
        maxResults: z.number().int().min(1).max(1000).optional(),
        pageToken: z.string().max(2_000_000).optional(),
      }),
    )
    .query(({ ctx, input }) => searchRuns(ctx, input)),
  series: procedure
    .input(z.object({ runIds: z.array(runId).min(1).max(100), key: z.string().min(1).max(250), maxPoints: z.number().int().min(10).max(5000) }))
    .query(({ ctx, input }) => metricSeries(ctx, input)),

  rename: procedure.input(z.object({ runId, name: z.string().trim().min(1).max(250) })).mutation(async ({ ctx, input }) => { await updateRun(ctx, input); }),
  remove: procedure.input(ofRun).mutation(async ({ ctx, input }) => { await deleteRun(ctx, input); }),
  restore: procedure.input(ofRun).mutation(async ({ ctx, input }) => { await restoreRun(ctx, input); }),
  setTag: procedure.input(z.object({ runId, key: z.string().trim().min(1).max(250), value: z.string().max(8000) })).mutation(async ({ ctx, input }) => { await setRunTag(ctx, input); }),
  removeTag: procedure.input(z.object({ runId, key: z.string().min(1).max(250) })).mutation(async ({ ctx, input }) => { await deleteRunTag(ctx, input); }),

  /** The job that made this run; null for a run that a client logged from elsewhere. */
  job: procedure.input(ofRun).query(({ ctx, input }) => findJobByRun(ctx, input)),
  /** The jobs of the runs right below this one. */
  childJobs: procedure.input(ofRun).query(async ({ ctx, input }) => (await listJobs(ctx, { parentRunId: input.runId, limit: 200 })).jobs),
  /** The last launches of one entry point by people, newest first, with their runs' names. */
  recentOf: procedure.input(z.object({ projectId: z.string().min(1).max(64), entryPoint: z.string().min(1).max(200) })).query(async ({ ctx, input }) => {
    const { jobs } = await listJobs(ctx, { ...input, limit: 6 });
    return Promise.all(jobs.map(async ({ id, runId: jobRunId, state, startedAtMs, endedAtMs }) => ({ id, runId: jobRunId, state, startedAtMs, endedAtMs, runName: (await getRun(ctx, { runId: jobRunId })).name })));
  }),
  stop: procedure.input(ofRun).mutation(async ({ ctx, input }) => {
    const job = await findJobByRun(ctx, input);
    if (!job) throw notFound("job of the run", input.runId);
    await cancelJob(ctx, { jobId: job.id });
  }),
  /** The last bytes of the log as text, for the page that opens at a failure's cause. */
  logTail: procedure.input(ofRun).query(async ({ ctx, input }) => {
    const job = await findJobByRun(ctx, input);
    if (!job) return { text: "", isCut: false };
    const offset = Math.max(0, job.logBytes - logTailBytes);
    const { bytes } = await readLog(ctx, { jobId: job.id, offset, maxBytes: logTailBytes });
    return { text: Buffer.from(bytes).toString("utf8"), isCut: offset > 0 };
  }),

  codeFiles: procedure.input(ofRun).query(async ({ ctx, input }) => {
    const at = await versionOf(ctx, input.runId);
    return at ? { commit: at.commit, files: await listVersionFiles(ctx, at) } : null;
  }),
  codeFile: procedure.input(ofFile).query(async ({ ctx, input }) => {
    const at = await versionOf(ctx, input.runId);
    if (!at) throw notFound("file", input.path);
    const { text, sizeBytes } = await readVersionFile(ctx, { ...at, path: input.path });
    return { text, sizeBytes };
  }),
  codeDiff: procedure.input(ofRun).query(async ({ ctx, input }) => {
    const at = await versionOf(ctx, input.runId);
    return at ? diffVersionAgainstNow(ctx, at) : null;
  }),
  /** Text files that differ between the code of two runs, read from the first. */
  codeAgainst: procedure.input(z.object({ runId, otherRunId: runId })).query(async ({ ctx, input }) => {
    const [from, to] = await Promise.all([versionOf(ctx, input.runId), versionOf(ctx, input.otherRunId)]);
    if (!from || !to) return [];
    const [before, after] = await Promise.all([listVersionFiles(ctx, from), listVersionFiles(ctx, to)]);
    const paths = [...new Set([...before, ...after].map((f) => f.path))].sort().slice(0, 500);
    const read = async (at: typeof from, files: typeof before, path: string) => (files.some((f) => f.path === path) ? (await readVersionFile(ctx, { ...at, path })).text : null);
    const pairs = await Promise.all(paths.map(async (path) => ({ path, before: await read(from, before, path), after: await read(to, after, path) })));
    return pairs.filter((f) => f.before !== f.after).slice(0, 50);
  }),
});

/** Where the code of a run is: its job's project and commit. */
async function versionOf(ctx: Parameters<typeof findJobByRun>[0], id: string) {
  const job = await findJobByRun(ctx, { runId: id });
  return job ? { projectId: job.projectId, commit: job.commit, runId: id } : null;
}
