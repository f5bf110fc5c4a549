import { newRunId } from "@/common/ids";
import { findTakenModels, findTakenRuns, findTransferItems, saveTransferItem, type TransferItem } from "@/server/domain/transfers";
import type { SourceLoggedModel, SourceRun } from "../types";
import type { ImportJob } from "./job";

/**
 * Which id each thing gets here: its own, unless something else has it. A run of this workspace that began at the same moment, or a
 * logged model made at the same moment, is the same one.
 */
export async function claimRuns(job: ImportJob, runs: SourceRun[]): Promise<Map<string, TransferItem>> {
  const ids = runs.map((r) => r.id);
  const taken = await findTakenRuns(job.ctx, ids);
  const items = await claim(job, "run", runs.map((r) => ({ id: r.id, fromUri: r.artifactUri, isFree: isRunId(r.id) && isSame(taken.get(r.id), (t) => t.startTimeMs === r.startTimeMs) })));
  return withoutRemoved(items, (targets) => findTakenRuns(job.ctx, targets));
}

export async function claimModels(job: ImportJob, models: SourceLoggedModel[]): Promise<Map<string, TransferItem>> {
  const taken = await findTakenModels(job.ctx, models.map((m) => m.id));
  const items = await claim(job, "model", models.map((m) => ({ id: m.id, fromUri: m.artifactUri, isFree: isModelId(m.id) && isSame(taken.get(m.id), (t) => Number(t.creationTimeMs) === m.creationTimeMs) })));
  return withoutRemoved(items, (targets) => findTakenModels(job.ctx, targets));
}

/** The ids here of runs or logged models that something else names, of which no more is known. */
export async function idsHere(job: ImportJob, kind: "run" | "model", sourceIds: string[]): Promise<Map<string, string>> {
  // MLflow writes "REDACTED-RUN-ID" into versions that are deleted: what is no id names nothing.
  const ids = sourceIds.filter(kind === "run" ? isRunId : isModelId);
  if (ids.length === 0) return new Map();
  const taken = await (kind === "run" ? findTakenRuns : findTakenModels)(job.ctx, ids);
  const items = await claim(job, kind, ids.map((id) => ({ id, fromUri: "", isFree: isSame(taken.get(id), () => true) })));
  return new Map([...items].map(([id, item]) => [id, item.targetId]));
}

/** What was brought once and is removed here for good is brought again. */
async function withoutRemoved(items: Map<string, TransferItem>, find: (ids: string[]) => Promise<Map<string, unknown>>): Promise<Map<string, TransferItem>> {
  const whole = [...items.values()].filter((i) => i.fingerprint !== "");
  const here = whole.length > 0 ? await find(whole.map((i) => i.targetId)) : new Map<string, unknown>();
  for (const item of whole) if (!here.has(item.targetId)) item.fingerprint = "";
  return items;
}

type Wish = { id: string; fromUri: string; isFree: boolean };

async function claim(job: ImportJob, kind: "run" | "model", wishes: Wish[]): Promise<Map<string, TransferItem>> {
  const items = await findTransferItems(job.ctx, { source: job.key, kind, sourceIds: wishes.map((w) => w.id) });
  for (const { id, fromUri, isFree } of wishes) {
    if (items.has(id)) continue;
    const item: TransferItem = { sourceId: id, targetId: isFree ? id : kind === "run" ? newRunId() : `m-${newRunId()}`, fromUri, isNew: true, fingerprint: "" };
    if (!isFree) {
      // Written down before it is used, so that an import which is cut off finds the same id again.
      await saveTransferItem(job.ctx, { source: job.key, kind, item });
      job.problems.note(`${kind === "run" ? "run" : "logged model"} ${id} is taken here; it is now ${item.targetId}`);
    }
    items.set(id, item);
  }
  return items;
}

const isRunId = (id: string) => /^[0-9a-f]{32}$/.test(id);
const isModelId = (id: string) => /^m-[0-9a-f]{32}$/.test(id);

function isSame<T extends { isOurs: boolean }>(taken: T | undefined, isEqual: (taken: T) => boolean): boolean {
  return taken === undefined || (taken.isOurs && isEqual(taken));
}
