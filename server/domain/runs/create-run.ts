import { newRunId } from "@/common/ids";
import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, invalid } from "@/server/errors";
import { noExperiment, requireActive, requireExperimentAccess } from "../experiments";
import { rememberPlace, resolveParent } from "./access";
import { textArray } from "./array-literal";
import { checkKey, cut, maxTagLength } from "./check";
import { newRunName } from "./run-names";
import { tellRun } from "./tell";
import { type ExactRun, type KeyValue, type RunRecord, type RunStatus, toRunRecord } from "./types";

export type CreateRunInput = {
  experimentId: number;
  /** 32 hex digits; made here when left out. */
  runId?: string;
  /** Else the tag mlflow.runName, else made up. */
  name?: string;
  userId?: string;
  /** Now when left out. */
  startTimeMs?: number | bigint;
  status?: RunStatus;
  tags?: KeyValue[];
};

/**
 * Makes a run. Its name and the tag mlflow.runName are always equal. What a step makes without a parent is put below the step's own run.
 *
 * @throws DomainError `not_found` for the experiment, `invalid` for a deleted one or two different names.
 */
export async function createRun(ctx: Ctx, input: CreateRunInput): Promise<RunRecord> {
  return toRunRecord(await createExactRun(ctx, input));
}

export async function createExactRun(ctx: Ctx, input: CreateRunInput): Promise<ExactRun> {
  requireAccess(ctx, "track");
  // What only the experiment's row can say, the statement asks itself; the rest of the rule is asked when it finds none.
  if (ctx.actor.kind === "step" && input.experimentId !== ctx.actor.experimentId) await requireExperimentAccess(ctx, input, "track");
  const tags = new Map<string, string>();
  for (const [i, { key, value }] of (input.tags ?? []).entries()) {
    checkKey(key, `tags[${i}].key`);
    tags.set(key, cut(value, maxTagLength));
  }
  const tagName = tags.get("mlflow.runName");
  if (input.name && tagName && input.name !== tagName) {
    throw invalid(`Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${input.name.slice(0, 100)}', mlflow.runName='${tagName.slice(0, 100)}').`);
  }
  const name = cut(input.name || tagName || newRunName(), maxTagLength);
  tags.set("mlflow.runName", name);
  if (ctx.actor.kind === "step" && !tags.get("mlflow.parentRunId")) tags.set("mlflow.parentRunId", ctx.actor.runId);
  const parentTag = tags.get("mlflow.parentRunId");

  const id = input.runId ?? newRunId();
  if (!/^[0-9a-f]{32}$/.test(id)) throw invalid("A run's id is 32 hex digits.");
  const run: ExactRun = {
    id,
    experimentId: input.experimentId,
    name,
    userId: input.userId ?? "",
    status: input.status ?? "RUNNING",
    startTimeMs: BigInt(input.startTimeMs ?? ctx.now().getTime()),
    endTimeMs: null,
    lifecycleStage: "active",
    artifactUri: "",
    parentRunId: parentTag ? await resolveParent(ctx, parentTag) : null,
    tags: [...tags].map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1)),
    params: [],
    latestMetrics: [],
    inputs: { datasets: [], models: [] },
    outputs: { models: [] },
  };
  if (!Number.isInteger(run.experimentId) || run.experimentId < 0 || run.experimentId >= 2 ** 31) throw noExperiment(run.experimentId);
  // One statement for the run and its tags; the lock on the experiment keeps a deletion from passing by.
  const { rows } = await ctx.sql
    .query<{ seq: number; artifactUri: string; workspaceId: string }>(
      {
        name: "create-run",
        text: `WITH experiment AS (SELECT id, "artifactLocation", "workspaceId" FROM "Experiment" WHERE id = $2 AND "lifecycleStage" = 'active' AND ("workspaceId" = $7 OR $8) FOR SHARE),
          run AS (INSERT INTO "Run" (id, "experimentId", name, "userId", status, "startTimeMs", "artifactUri", "parentRunId")
            SELECT $1, experiment.id, $3, $4, $5, $6, experiment."artifactLocation" || '/' || $1 || '/artifacts', $9 FROM experiment RETURNING seq, "experimentId", "artifactUri"),
          tag AS (INSERT INTO "Tag" ("runSeq", key, value, "experimentId") SELECT run.seq, t.key, t.value, run."experimentId" FROM run, unnest($10::text[], $11::text[]) t(key, value))
          SELECT run.seq, run."artifactUri", experiment."workspaceId" FROM run, experiment`,
      },
      [
        id, run.experimentId, name, run.userId, run.status, run.startTimeMs, ctx.workspaceId, ctx.actor.kind === "system", run.parentRunId,
        textArray(tags.keys()), textArray(tags.values()),
      ],
    )
    .catch((error: { code?: string }) => {
      throw error.code === "23505" ? new DomainError("already_exists", `Run with id=${id} already exists.`) : error;
    });
  const [made] = rows;
  if (!made) {
    requireActive(await requireExperimentAccess(ctx, input, "track"));
    requireActive({ id: input.experimentId, lifecycleStage: "deleted" });
    return run;
  }
  run.artifactUri = made.artifactUri;
  rememberPlace(ctx, { id, seq: made.seq, experimentId: run.experimentId, workspaceId: made.workspaceId });
  tellRun(ctx, run);
  return run;
}
