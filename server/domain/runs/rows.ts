import type { ExactRunRecord } from "./types";

export type RunRow = ExactRunRecord;

export const runColumns = `r.id, r."experimentId", r.name, r.status, r."startTimeMs", r."endTimeMs", r."lifecycleStage", r."artifactUri", r."userId", r."parentRunId"`;
