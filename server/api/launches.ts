import { z } from "zod";
import { cancelJob, getJob, type Job, launch, launchNested, listJobs, readLog, sendInput, waitForEnd, waitForLog } from "../domain/jobs";
import { getProject } from "../domain/projects";
import { readRaw } from "./body";
import { route } from "./route";
import * as wire from "./wire";

const longestWaitMs = 30_000;
const inputBytes = 64 * 1024;

const toWire = (job: Job) => ({
  id: job.id,
  run_id: job.runId,
  ...(job.parentRunId === null ? {} : { parent_run_id: job.parentRunId }),
  project_id: job.projectId,
  entry_point: job.entryPoint,
  parameters: job.parameters,
  command: job.command,
  commit: job.commit,
  state: job.state,
  ...(job.reason === null ? {} : { reason: job.reason }),
  ...(job.exitCode === null ? {} : { exit_code: job.exitCode }),
  created_time: job.createdAtMs,
  ...(job.startedAtMs === null ? {} : { start_time: job.startedAtMs }),
  ...(job.endedAtMs === null ? {} : { end_time: job.endedAtMs }),
});

const waitMs = (seconds: number) => Math.min(seconds * 1000, longestWaitMs);

export const launchRoutes = [
  route({
    method: "POST",
    path: "/projects/{id}/launches",
    operationId: "launch",
    summary: "Launches an entry point of the project as it stands.",
    params: wire.projectParams,
    json: wire.launchBody,
    isPythonText: true,
    answer: wire.launchAnswer,
    async handle({ ctx, params, body }) {
      const job = await launch(ctx, {
        projectId: params.id,
        ...(body.entry_point === undefined ? {} : { entryPoint: body.entry_point }),
        ...(body.parameters ? { parameters: body.parameters } : {}),
        ...(body.env_manager ? { envManager: body.env_manager } : {}),
        ...(body.backend ? { backend: body.backend } : {}),
        ...(body.run_name ? { runName: body.run_name } : {}),
      });
      return { launch: toWire(job) };
    },
  }),
  route({
    method: "POST",
    path: "/nested-launches",
    operationId: "launchNested",
    summary: "For a running step only: launches another entry point of its project below its run.",
    json: wire.nestedLaunchBody,
    isPythonText: true,
    answer: wire.launchAnswer,
    async handle({ ctx, body }) {
      const job = await launchNested(ctx, {
        projectUri: body.project_uri,
        ...(body.cwd ? { cwd: body.cwd } : {}),
        ...(body.entry_point ? { entryPoint: body.entry_point } : {}),
        ...(body.parameters ? { parameters: body.parameters } : {}),
        ...(body.experiment_id === null || body.experiment_id === undefined ? {} : { experimentId: Number(body.experiment_id) }),
        ...(body.parent_run_id ? { parentRunId: body.parent_run_id } : {}),
        ...(body.run_name ? { runName: body.run_name } : {}),
        ...(body.version ? { version: body.version } : {}),
        ...(body.env_manager ? { envManager: body.env_manager } : {}),
      });
      return { launch: toWire(job) };
    },
  }),
  route({
    method: "GET",
    path: "/launches",
    operationId: "listLaunches",
    summary: "Launches, newest first.",
    query: z.object({
      run_id: z.string().max(64).optional(),
      project_id: z.string().max(300).optional().meta({ description: "The project's id or its name." }),
      parent_run_id: z.string().max(64).optional(),
      ...wire.page,
    }),
    answer: wire.launchList,
    async handle({ ctx, query }) {
      const projectId = query.project_id ? (await getProject(ctx, { idOrName: query.project_id })).id : undefined;
      const { jobs, nextPageToken } = await listJobs(ctx, {
        ...(projectId ? { projectId } : {}),
        ...(query.run_id ? { runId: query.run_id } : {}),
        ...(query.parent_run_id ? { parentRunId: query.parent_run_id } : {}),
        ...(query.max_results === undefined ? {} : { limit: query.max_results }),
        ...(query.page_token ? { pageToken: query.page_token } : {}),
      });
      return { launches: jobs.map(toWire), ...(nextPageToken ? { next_page_token: nextPageToken } : {}) };
    },
  }),
  route({
    method: "GET",
    path: "/launches/{id}",
    operationId: "getLaunch",
    summary: "A launch; with wait_seconds the answer comes when it has ended, or the time is over.",
    params: wire.launchParams,
    query: z.object({ wait_seconds: wire.waitSeconds }),
    answer: wire.launchAnswer,
    async handle({ ctx, params, query }) {
      if (query.wait_seconds > 0) await waitForEnd(ctx, { jobId: params.id, timeoutMs: waitMs(query.wait_seconds) });
      return { launch: toWire(await getJob(ctx, { jobId: params.id })) };
    },
  }),
  route({
    method: "GET",
    path: "/launches/{id}/log",
    operationId: "readLog",
    summary: "The launch's own log from an offset, the environment's build log first; at most 1 MiB.",
    params: wire.launchParams,
    query: z.object({ offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0), wait_seconds: wire.waitSeconds }),
    answer: {
      description: "Bytes of the log; none past its end.",
      mediaType: "application/octet-stream",
      headers: { "X-Log-Offset": "Where to read on: the offset asked for plus the bytes sent.", "X-Log-Complete": "`true` when the launch has ended and this answer reaches the end, else `false`." },
    },
    async handle({ ctx, params, query, res }) {
      const at = { jobId: params.id, offset: query.offset };
      if (query.wait_seconds > 0) await waitForLog(ctx, { ...at, timeoutMs: waitMs(query.wait_seconds) });
      const { bytes, isComplete } = await readLog(ctx, at);
      if (res.destroyed) return;
      res.writeHead(200, {
        "Content-Type": "application/octet-stream",
        "Content-Length": bytes.length,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "X-Log-Offset": String(query.offset + bytes.length),
        "X-Log-Complete": String(isComplete),
      });
      res.end(bytes);
    },
  }),
  route({
    method: "POST",
    path: "/launches/{id}/stop",
    operationId: "stopLaunch",
    summary: "Stops a launch and the nested ones below it; one that has ended is answered as it is.",
    params: wire.launchParams,
    answer: wire.launchAnswer,
    async handle({ ctx, params }) {
      return { launch: toWire(await cancelJob(ctx, { jobId: params.id })) };
    },
  }),
  route({
    method: "POST",
    path: "/launches/{id}/input",
    operationId: "sendInput",
    summary: "Raw bytes to the step's terminal; 409 when it does not run.",
    params: wire.launchParams,
    rawBody: { mediaTypes: ["application/octet-stream"], description: "Keys, as a terminal sends them; up to 64 KiB." },
    answer: wire.nothing,
    async handle({ ctx, params, req }) {
      await sendInput(ctx, { jobId: params.id, bytes: await readRaw(req, inputBytes, "Input at once") });
      return {};
    },
  }),
];
