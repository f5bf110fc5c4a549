/*
 * What may go, as conditions over "Run" r, "LoggedModel" m and "Experiment" e. Parameters: $1 a time in ms, $2 a workspace, $3 whether
 * all workspaces are meant. MLflow's own clean-up looks at the stage and the time only; ours leaves what a registered version still
 * points to, and says so.
 */

const inWorkspace = `(e."workspaceId" = $2 OR $3)`;

export const runIsOld = `r."lifecycleStage" = 'deleted' AND coalesce(r."deletedAtMs", 0) <= $1 AND ${inWorkspace}`;
export const runIsNeeded = `(EXISTS (SELECT 1 FROM "ModelVersion" v WHERE v."runId" = r.id AND v."deletedAtMs" IS NULL)
  OR EXISTS (SELECT 1 FROM "Job" j WHERE j."runId" = r.id AND j.state NOT IN ('finished', 'failed', 'stopped', 'lost')))`;

const modelIsVersion = `EXISTS (SELECT 1 FROM "ModelVersion" v WHERE v."loggedModelId" = m.id AND v."deletedAtMs" IS NULL)`;
export const modelIsOld = `m."deletedAtMs" <= $1 AND ${inWorkspace}`;
export const modelIsNeeded = modelIsVersion;

/** Deleting an experiment is the last that happens to it, so its last change is when it was deleted. */
export const experimentIsOld = `e."lifecycleStage" = 'deleted' AND e."lastUpdateTimeMs" <= $1 AND ${inWorkspace} AND e.id <> 0
  AND NOT EXISTS (SELECT 1 FROM "Workspace" w WHERE w."defaultExperimentId" = e.id)`;
export const experimentIsNeeded = `(EXISTS (SELECT 1 FROM "Project" p WHERE p."experimentId" = e.id)
  OR EXISTS (SELECT 1 FROM "LoggedModel" m WHERE m."experimentId" = e.id AND ${modelIsVersion})
  OR EXISTS (SELECT 1 FROM "Run" r WHERE r."experimentId" = e.id AND NOT (${runIsOld} AND NOT ${runIsNeeded})))`;

export type Scope = [beforeMs: number, workspaceId: string, isEveryWorkspace: boolean];
