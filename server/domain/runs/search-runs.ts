import { requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { sharedExperimentIds, type ViewType } from "../experiments";
import { checkMaxResults, type Filter, type OrderKey, parseFilterTree, parseOrderBy, type Position, queryHash, readPageToken, SqlValues, writePageToken } from "../search";
import { hydrateRuns } from "./hydrate";
import { findMetricKey } from "./metric-keys";
import type { RunRow } from "./rows";
import { type RunAsJson, runsAsJson } from "./run-json";
import { driversOf } from "./search-runs-driver";
import { runGrammar } from "./search-runs-grammar";
import { type RunKey, toRunKeys } from "./search-runs-order";
import { areTextsByBytes, type FoundRow, positionOf, type Search, usualTuning } from "./search-runs-statement";
import { drive, selectiveDriver, walk } from "./search-runs-walk";
import { type ExactRun, type RunDetail, toRunDetail } from "./types";

export type SearchRunsInput = { experimentIds: number[]; filter?: string; orderBy?: string[]; viewType?: ViewType; maxResults?: number; pageToken?: string };

/** Runs of these experiments in MLflow's filter language; unknown experiments have none. @throws DomainError `invalid`. */
export async function searchRuns(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: RunDetail[]; nextPageToken?: string }> {
  const { runs, nextPageToken } = await searchExactRuns(ctx, input);
  return { runs: runs.map(toRunDetail), nextPageToken };
}

export async function searchExactRuns(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: ExactRun[]; nextPageToken?: string }> {
  const { rows, nextPageToken } = await findRuns(ctx, input);
  return { runs: await hydrateRuns(ctx, rows), nextPageToken };
}

/** The same with each run's data as ready-made JSON (run-json.ts): what MLflow clients ask for by the thousand. */
export async function searchRunsAsJson(ctx: Ctx, input: SearchRunsInput): Promise<{ runs: RunAsJson[]; nextPageToken?: string }> {
  const { rows, nextPageToken } = await findRuns(ctx, input);
  return { runs: await runsAsJson(ctx, rows), nextPageToken };
}

/** The rows alone. */
export async function findRuns(ctx: Ctx, input: SearchRunsInput, tuning = usualTuning): Promise<{ rows: RunRow[]; nextPageToken?: string }> {
  if (ctx.actor.kind !== "share") requireAccess(ctx, "view");
  const maxResults = checkMaxResults(input.maxResults, { max: 50_000, preset: 1000 });
  const filter = parseFilterTree(input.filter, runGrammar);
  const order = parseOrderBy(input.orderBy, runGrammar);
  const viewType = input.viewType ?? "ACTIVE_ONLY";
  const asked = [...new Set(input.experimentIds)].sort((a, b) => a - b);
  const hash = queryHash("runs", ctx.workspaceId, asked, input.filter ?? "", input.orderBy ?? [], viewType);

  const keyIds = new Map<string, number>();
  const [experimentIds, isByBytes] = await Promise.all([visibleExperiments(ctx, asked), areTextsByBytes(), ...metricNames(filter, order).map((name) => findKey(ctx, name, keyIds))]);
  const keys = toRunKeys(order, keyIds, isByBytes);
  const position = readPageToken(input.pageToken, hash, keys.map((k) => k.toSort(new SqlValues())));
  if (experimentIds.length === 0) return { rows: [] };

  const stages = viewType === "ALL" ? ["active", "deleted"] : [viewType === "DELETED_ONLY" ? "deleted" : "active"];
  const found = await search({ experimentIds, stages, filter, keyIds, limit: maxResults + 1, tuning }, keys, position);
  const rows = found.slice(0, maxResults);
  const last = found[maxResults - 1];
  return found.length > maxResults && last ? { rows, nextPageToken: writePageToken(hash, positionOf(last)) } : { rows };
}

async function search(query: Search, keys: RunKey[], after: Position | undefined): Promise<FoundRow[]> {
  const drivers = driversOf(query.filter, query.keyIds);
  let isProbed = false;
  const probe = async () => {
    isProbed = true;
    return selectiveDriver(query, drivers);
  };
  // An equality is looked up first. A range is, once the first stretch of the order has not filled the page.
  if (drivers.some((d) => d.isLikelyFew)) {
    const driver = await probe();
    if (driver) return drive(query, keys, driver, after);
  }
  // By id: a run that changes its place between two stretches must not stand on the page twice.
  const found = new Map<string, FoundRow>();
  for await (const batch of walk(query, keys, [], after)) {
    for (const row of batch) if (!found.has(row.id)) found.set(row.id, row);
    if (found.size >= query.limit) break;
    if (!isProbed) {
      const driver = await probe();
      if (driver) return drive(query, keys, driver, after);
    }
  }
  return [...found.values()].slice(0, query.limit);
}

async function visibleExperiments(ctx: Ctx, asked: number[]): Promise<number[]> {
  const shared = ctx.actor.kind === "share" ? await sharedExperimentIds(ctx) : null;
  const ids = asked.filter((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31 && (!shared || shared.includes(id)));
  if (ids.length === 0) return [];
  const { rows } = await ctx.sql.query<{ id: number }>(
    { name: "experiments-of-workspace", text: `SELECT id FROM "Experiment" WHERE id = ANY($1::int[]) AND "workspaceId" = $2 ORDER BY id` },
    [ids, ctx.workspaceId],
  );
  return rows.map((e) => e.id);
}

async function findKey(ctx: Ctx, name: string, keyIds: Map<string, number>): Promise<void> {
  const id = await findMetricKey(ctx.sql, name);
  if (id !== undefined) keyIds.set(name, id);
}

function metricNames(filter: Filter | null, order: OrderKey[]): string[] {
  const names = new Set(order.flatMap((k) => (k.entity === "metric" ? [k.key] : [])));
  const visit = (f: Filter): void => {
    if (f.op === "clause") {
      if (f.clause.entity === "metric") names.add(f.clause.key);
    } else if (f.op === "not") visit(f.part);
    else for (const part of f.parts) visit(part);
  };
  if (filter) visit(filter);
  return [...names];
}
