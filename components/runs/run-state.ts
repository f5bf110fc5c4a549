import { formatDuration } from "@/common/format";
import { asState, stateOfRunStatus, type State } from "@/components/ui/status";
import type { Job } from "@/server/domain/jobs";

/** The state that pages show: the job's, where there is one (it tells preparing from queued), else what the client's status means. */
export const runState = (status: string, job: Pick<Job, "state"> | null | undefined): State => (job ? asState(job.state) : stateOfRunStatus(status));

type Times = { startTimeMs: number; endTimeMs: number | null };
type JobTimes = Pick<Job, "createdAtMs" | "startedAtMs" | "endedAtMs">;

/** From when a run's clock counts: the start of its command, so that waiting in a queue does not look like work. */
export const clockStartMs = (run: Times, job: JobTimes | null | undefined): number => (job ? (job.startedAtMs ?? job.createdAtMs) : run.startTimeMs);
export const clockEndMs = (run: Times, job: JobTimes | null | undefined): number | null => (job ? job.endedAtMs : run.endTimeMs);

/** The reason beside a state, in words. What the records cannot say is left out. */
export function reasonWords(state: State, run: Times, job: Job | null): string {
  if (!job) {
    if (state === "running") return "logged by a client from elsewhere, which has not ended it yet";
    if (state === "queued") return "its client has not started it yet";
    return run.endTimeMs === null ? "ended by its client" : `ended by its client after ${formatDuration(run.endTimeMs - run.startTimeMs)}`;
  }
  if (state === "queued") return job.reason ?? "waits for a free slot of the runner";
  if (state === "preparing") return job.reason ?? "building the environment";
  if (state === "running" || state === "stopping") return job.reason ?? "";
  return job.reason ?? (state === "finished" ? `exit code ${job.exitCode ?? 0}` : "");
}
