import type { ExactRunRecord } from "./types";

/** `seq` is the lean key of what hangs on the run, `revision` grows with each change of it. */
export type RunRow = ExactRunRecord & { seq: number; revision: bigint };

export const runColumns = `r.id, r."experimentId", r.name, r.status, r."startTimeMs", r."endTimeMs", r."lifecycleStage", r."artifactUri", r."userId", r."parentRunId", r.seq, r.revision`;
