import type { Ctx } from "@/server/ctx";
import { invalid } from "@/server/errors";
import { requireLoggedModelAccess } from "../artifacts";
import { requireRunAccess } from "../runs";
import { findVersionRow } from "./rows";

export type SourceInput = { source: string; runId?: string; modelId?: string; isPrompt: boolean };
export type ResolvedSource = { storageLocation: string; runId: string | null; loggedModelId: string | null };

const bad = (source: string, why: string) => invalid(`Invalid model version source: '${source.slice(0, 200)}'. ${why}`);

/**
 * Where a version's files are, by MLflow's rules of 3.17: a source inside a run or logged model must name that run or model, and
 * both must be of this workspace. The server never opens what a source names.
 *
 * @throws DomainError `invalid`, `not_found`.
 */
export async function resolveSource(ctx: Ctx, input: SourceInput): Promise<ResolvedSource> {
  const { source, runId, modelId } = input;
  const model = modelId ? await requireLoggedModelAccess(ctx, { modelId }, "view") : null;
  const owner: Omit<ResolvedSource, "storageLocation"> = { runId: runId || model?.sourceRunId || null, loggedModelId: modelId || null };
  if (input.isPrompt) return { ...owner, storageLocation: source };
  if (/[\u0000-\u001f\\]/.test(source) || hasDots(source)) throw bad(source, "It holds '..' or characters that a source may not have.");

  const runSource = /^runs:\/+([^/]+)(?:\/(.*))?$/.exec(source);
  if (runSource) {
    if (!runId || runSource[1] !== runId) throw bad(source, "The run_id request parameter has to be specified and be the run of the source.");
    await requireRunAccess(ctx, { runId }, "view");
    // Left as it is: the client looks for a logged model of this name when the run's own folder has none.
    return { ...owner, storageLocation: source };
  }
  const modelSource = /^models:\/+([^/]+)(?:\/([^/]+))?$/.exec(source);
  if (modelSource) return resolveModelSource(ctx, source, modelSource[1] ?? "", modelSource[2], model, owner);
  if (/^models:/i.test(source)) throw bad(source, "Write models:/<model id> or models:/<name>/<version>.");

  if (/^mlflow-artifacts:/i.test(source)) {
    const root = model?.artifactUri ?? (runId ? (await requireRunAccess(ctx, { runId }, "view")).artifactUri : undefined);
    if (!root || !isWithin(source, root)) throw bad(source, "It has to be inside the artifacts of the run or model that run_id or model_id names.");
    return { ...owner, storageLocation: source };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase();
  if (!scheme || ["file", "data", "javascript"].includes(scheme)) throw bad(source, "A local path cannot be used as a source here.");
  if (["http", "https"].includes(scheme)) throw invalid(`'source' cannot use the '${scheme}' scheme: it names a host of its own.`);
  return { ...owner, storageLocation: source };
}

type FoundModel = Awaited<ReturnType<typeof requireLoggedModelAccess>> | null;

async function resolveModelSource(ctx: Ctx, source: string, name: string, versionText: string | undefined, model: FoundModel, owner: Omit<ResolvedSource, "storageLocation">): Promise<ResolvedSource> {
  if (versionText === undefined && /^m-[0-9a-f]{32}$/.test(name)) {
    if (model?.id !== name) throw bad(source, "The model_id request parameter has to be specified and be the model of the source.");
    return { ...owner, storageLocation: model.artifactUri };
  }
  if (versionText === undefined || !/^\d{1,9}$/.test(versionText)) throw bad(source, "Write models:/<model id> or models:/<name>/<version>.");
  const from = await findVersionRow(ctx, decode(name), Number(versionText));
  return {
    runId: owner.runId ?? from.runId,
    loggedModelId: owner.loggedModelId ?? from.loggedModelId,
    storageLocation: from.storageLocation ?? from.source ?? "",
  };
}

/** A name may hold a % that is no escape; it is then meant as it stands. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const normal = (uri: string) => uri.replace(/^mlflow-artifacts:(\/\/[^/]*)?\/+/, "").replace(/\/+$/, "");
const isWithin = (uri: string, root: string) => normal(uri) === normal(root) || normal(uri).startsWith(`${normal(root)}/`);

function hasDots(source: string): boolean {
  let decoded = source;
  for (let i = 0; i < 6; i++) {
    if (/(^|[/\\?&=:])\.\.([/\\&?#]|$)/.test(decoded)) return true;
    const next = decoded.replace(/(%[0-9a-f]{2})+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
    if (next === decoded) return false;
    decoded = next;
  }
  return true;
}
