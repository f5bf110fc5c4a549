import type pg from "pg";
import { announce, listenAny } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { inTransaction } from "@/server/db";
import { bodyOf, type EventData, type WebhookEvent } from "./events";

export type Queryable = Pick<pg.PoolClient, "query">;
export type Happening = { event: WebhookEvent; data: EventData };
/** Writes down whom an event has to be told. `what` is asked only when somebody waits for events at all; null is no event. */
export type Raise = (what: () => Promise<Happening | null> | Happening | null) => Promise<void>;

/** Which workspaces have webhooks, held for a moment: most have none, and their writes cost nothing more. */
const known = new Map<string, { has: boolean; untilMs: number }>();
const holdMs = 15_000;
let changes = 0;
let isWatching = false;

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  listenAny((topic) => {
    if (!topic.startsWith("webhooks:")) return;
    changes++;
    known.delete(topic.slice("webhooks:".length));
  });
}

async function hasWebhooks(ctx: Ctx): Promise<boolean> {
  watch();
  const held = known.get(ctx.workspaceId);
  if (held && held.untilMs > Date.now()) return held.has;
  const changesBefore = changes;
  const { rows } = await ctx.sql.query<{ has: boolean }>(`SELECT EXISTS (SELECT 1 FROM "Webhook" WHERE "workspaceId" = $1 AND status = 'ACTIVE') AS has`, [ctx.workspaceId]);
  const has = rows[0]?.has ?? false;
  if (known.size > 1_000) known.clear();
  if (changesBefore === changes) known.set(ctx.workspaceId, { has, untilMs: Date.now() + holdMs });
  return has;
}

/**
 * Makes a change that webhooks may wait for. Where there are any, the change and its deliveries are one transaction: both are there or
 * neither is; `isTransaction` makes it one for the change's own sake. A deadlock runs `change` again, so it does nothing but SQL.
 */
export async function withWebhooks<T>(ctx: Ctx, change: (sql: Queryable, raise: Raise) => Promise<T>, { isTransaction = false } = {}): Promise<T> {
  if (!(await hasWebhooks(ctx))) {
    const tellNobody = async () => {};
    return isTransaction ? inTransaction(ctx.sql, (client) => change(client, tellNobody)) : change(ctx.sql, tellNobody);
  }
  let raised = 0;
  const result = await inTransaction(ctx.sql, (client) => {
    raised = 0;
    return change(client, async (what) => {
      const happening = await what();
      if (!happening) return;
      const { rowCount } = await client.query(
        `INSERT INTO "WebhookDelivery" (id, "webhookId", event, body, "createdAt", "nextAttemptAt")
         SELECT gen_random_uuid()::text, id, $2, $3, $4, $4 FROM "Webhook" WHERE "workspaceId" = $1 AND status = 'ACTIVE' AND $2 = ANY(events)`,
        [ctx.workspaceId, happening.event, bodyOf(happening.event, happening.data, ctx.now()), utc(ctx.now())],
      );
      raised += rowCount ?? 0;
    });
  });
  if (raised > 0) announce(ctx, deliveriesTopic);
  return result;
}

/** Wakes whoever sends. */
export const deliveriesTopic = "webhook-deliveries";

/** Moments are kept without a zone, as Prisma keeps them. */
export const utc = (at: Date): string => at.toISOString().replace("T", " ").replace("Z", "");
