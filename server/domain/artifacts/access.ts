import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { DomainError, forbidden } from "@/server/errors";
import { requireExperimentAccess, sharedExperimentIds } from "../experiments";
import { isOfPipeline, isOfStep, requireActiveRun, requireRunAccess } from "../runs";
import { rootOfUri } from "./paths";

/** Whose artifacts these are: `root` is the owner's folder in the store. */
export type ArtifactOwner = { kind: "run" | "model" | "trace"; id: string; root: string; experimentId: number; sourceRunId: string | null };

export const noArtifact = (path: string) => new DomainError("not_found", `No such artifact: '${path.slice(0, 300)}'`);

type ModelRow = { id: string; experimentId: number; artifactUri: string; sourceRunId: string | null; deletedAtMs: bigint | null };

/**
 * A logged model that the caller may view (or write to). A share sees the models of what it may see; a step sees the workspace's,
 * writes those that its own runs made, and annotates (tags, params) those of its pipeline.
 *
 * @throws DomainError `not_found`, `forbidden`.
 */
export async function requireLoggedModelAccess(ctx: Ctx, { modelId }: { modelId: string }, action: "view" | "annotate" | "track"): Promise<ModelRow> {
  if (ctx.actor.kind !== "share" || action !== "view") requireAccess(ctx, action === "annotate" ? "track" : action);
  const missing = new DomainError("not_found", `Logged model with ID '${modelId.slice(0, 100)}' not found.`);
  const { rows } = await ctx.sql.query<ModelRow>(
    `SELECT m.id, m."experimentId", m."artifactUri", m."sourceRunId", m."deletedAtMs" FROM "LoggedModel" m JOIN "Experiment" e ON e.id = m."experimentId"
     WHERE m.id = $1 AND (e."workspaceId" = $2 OR $3)`,
    [modelId, ctx.workspaceId, ctx.actor.kind === "system"],
  );
  const model = rows[0];
  if (!model || model.deletedAtMs !== null) throw missing;
  if (ctx.actor.kind === "share" && !(await isSharedModel(ctx, model))) throw missing;
  if (ctx.actor.kind === "step" && action !== "view") {
    const isOurs = model.sourceRunId !== null && (await (action === "track" ? isOfStep : isOfPipeline)(ctx, model.sourceRunId));
    if (!isOurs) throw forbidden("A step may write to the models of its own runs only.");
  }
  return model;
}

async function isSharedModel(ctx: Ctx, model: ModelRow): Promise<boolean> {
  if ((await sharedExperimentIds(ctx)).includes(model.experimentId)) return true;
  if (!model.sourceRunId) return false;
  return requireRunAccess(ctx, { runId: model.sourceRunId }, "view").then(
    () => true,
    () => false,
  );
}

/**
 * The owner that a path of the store lies under, and the path below its root. Only runs' and logged models' roots can be reached.
 *
 * @throws DomainError `not_found` when there is no such owner for this caller, `forbidden` when it may not write there.
 */
export async function requireOwnerOfKey(ctx: Ctx, key: string, action: "view" | "track"): Promise<{ owner: ArtifactOwner; path: string }> {
  const segments = key.split("/");
  for (const [i, segment] of segments.entries()) {
    const id = segments[i - 1];
    if (segment !== "artifacts" || id === undefined) continue;
    const root = segments.slice(0, i + 1).join("/");
    const owner = await (segments[i - 2] === "models" ? modelOwner : segments[i - 2] === "traces" ? traceOwner : runOwner)(ctx, id, action);
    if (owner?.root === root) return { owner, path: segments.slice(i + 1).join("/") };
  }
  // A caller that may do nothing at all hears that, not that the path is unknown.
  if (ctx.actor.kind !== "share") requireAccess(ctx, action);
  throw noArtifact(key);
}

/** What never changes of a run, held for a while: reading a file then costs no query for its owner. */
type RunPlace = { root: string; uri: string; experimentId: number; workspaceId: string; untilMs: number };
const placeHeldMs = 60_000;
const maxPlaces = 10_000;
const places = new WeakMap<Ctx["sql"], Map<string, RunPlace>>();

export async function requireRunOwner(ctx: Ctx, runId: string, action: "view" | "track"): Promise<ArtifactOwner & { uri: string }> {
  const known = places.get(ctx.sql) ?? new Map<string, RunPlace>();
  places.set(ctx.sql, known);
  // A share sees some runs only, and which ones is asked each time.
  if (ctx.actor.kind !== "share") {
    requireAccess(ctx, action);
    const place = known.get(runId);
    const isKnown = place && place.untilMs > Date.now() && (place.workspaceId === ctx.workspaceId || ctx.actor.kind === "system");
    // Whether the run is still active is asked by the statement that writes.
    if (isKnown && (action === "view" || ctx.actor.kind !== "step" || (await isOfStep(ctx, runId)))) return ofRun(runId, place);
  }
  const run = await requireRunAccess(ctx, { runId }, action);
  if (action === "track") requireActiveRun(run);
  const place = { root: rootOfUri(run.artifactUri), uri: run.artifactUri, experimentId: run.experimentId, workspaceId: run.workspaceId, untilMs: Date.now() + placeHeldMs };
  if (known.size >= maxPlaces) known.clear();
  known.set(run.id, place);
  return ofRun(run.id, place);
}

const ofRun = (id: string, { root, uri, experimentId }: RunPlace): ArtifactOwner & { uri: string } => ({ kind: "run", id, root, uri, experimentId, sourceRunId: id });

export async function requireModelOwner(ctx: Ctx, modelId: string, action: "view" | "track"): Promise<ArtifactOwner & { uri: string }> {
  const model = await requireLoggedModelAccess(ctx, { modelId }, action);
  return { kind: "model", id: model.id, root: rootOfUri(model.artifactUri), uri: model.artifactUri, experimentId: model.experimentId, sourceRunId: model.sourceRunId };
}

const runOwner = (ctx: Ctx, id: string, action: "view" | "track") => (/^[0-9a-f]{32}$/.test(id) ? requireRunOwner(ctx, id, action).catch(nullIfMissing) : null);
const modelOwner = (ctx: Ctx, id: string, action: "view" | "track") => (/^m-[0-9a-f]{32}$/.test(id) ? requireModelOwner(ctx, id, action).catch(nullIfMissing) : null);

/** A trace's files belong to its experiment: who may write there may write them. */
async function traceOwner(ctx: Ctx, id: string, action: "view" | "track"): Promise<ArtifactOwner | null> {
  const { rows } = await ctx.sql.query<{ seq: bigint; experimentId: number; uri: string }>(
    `SELECT t.seq, t."experimentId", t.tags ->> 'mlflow.artifactLocation' AS uri FROM "Trace" t WHERE t."workspaceId" = $1 AND t.id = $2`,
    [ctx.workspaceId, id],
  );
  const trace = rows[0];
  if (!trace) return null;
  const experiment = await requireExperimentAccess(ctx, { experimentId: trace.experimentId }, action).catch(nullIfMissing);
  return experiment && { kind: "trace", id: String(trace.seq), root: rootOfUri(trace.uri), experimentId: trace.experimentId, sourceRunId: null };
}

function nullIfMissing(error: unknown): null {
  if (error instanceof DomainError && error.kind === "not_found") return null;
  throw error;
}
