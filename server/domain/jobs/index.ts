/* Jobs: what a person or a step asked to be carried out, and what became of it. */
export { launch, type LaunchInput } from "./launch";
export { launchNested, type LaunchNestedInput } from "./launch-nested";
export type { Job, JobLimits, JobState } from "./job-record";
export { isEndedState, readLimits, readParameters } from "./job-record";
export { findJobByRun, getJob } from "./get-job";
export { listJobs, type ListJobsInput } from "./list-jobs";
export { cancelJob } from "./cancel-job";
export { resizeTerminal, sendInput, takeInputs, type TerminalInput } from "./send-input";
export { type LogPart, readLog, waitForEnd, waitForLog } from "./read-log";
export { actorOfStepToken, stepActorOf, stepTokenFor } from "./step-token";
export { listRunners, type RunnerInfo } from "./heartbeat";
export { clock, duration, exitWords, size, stopWords } from "./words";
/* For the runner, under a system ctx. */
export { appendLog } from "./append-log";
export { claimJob, countBusySlots } from "./claim-job";
export { endStrays } from "./end-strays";
export { finishJob, type JobEnd } from "./finish-job";
export { heartbeat, type RunnerReport } from "./heartbeat";
export { type JobProgress, setJobState, type ShimRecord } from "./set-job-state";
export { stopTree } from "./cancel-job";
