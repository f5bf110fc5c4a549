import type { Ctx } from "@/server/ctx";
import { log } from "@/server/log";
import { utc } from "./raise";
import { openSecret } from "./secret";
import { type SendOptions, sendMessage } from "./send";

type Due = { id: string; body: string; attempts: number; webhookId: string; url: string; secret: Uint8Array | null };

/** Longer than one attempt can take: a sender that ended in the middle leaves its deliveries to the next after this. */
const leaseMs = 90_000;
/** After each failed attempt; then the delivery is given up. */
const waitsMs = [1_000, 5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000];
const maxAtOnce = 10;
/** One address that hangs must not hold all the others up. */
const maxAtOnceEach = 3;

export type Sender = {
  /** Begins to send what is due, as far as there is room; the end of each makes room for the next. */
  pump: () => Promise<void>;
  /** Resolves once nothing is under way any more. */
  idle: () => Promise<void>;
};

/**
 * Several processes may send at once: each takes what the others have not. A delivery can arrive twice (its sender ended after the
 * other side took it), and then has the same id.
 */
export function createSender(ctx: Ctx, options: SendOptions, { onError, onEnd }: { onError: (error: unknown) => void; onEnd?: () => void }): Sender {
  const underway = new Map<Promise<void>, string>();
  let pumping: Promise<void> | undefined;
  let isWanted = false;

  const pumpOnce = async () => {
    while (isWanted && underway.size < maxAtOnce) {
      isWanted = false;
      const due = await claim(ctx, maxAtOnce - underway.size, [...underway.values()]);
      if (due.length > 0) isWanted = true;
      for (const delivery of due) {
        const work: Promise<void> = deliver(ctx, delivery, options).catch(onError).then(() => {
          underway.delete(work);
          pump().catch(onError);
          onEnd?.();
        });
        underway.set(work, delivery.webhookId);
      }
    }
  };
  const pump = (): Promise<void> => {
    isWanted = true;
    pumping ??= pumpOnce().finally(() => {
      pumping = undefined;
      if (isWanted && underway.size < maxAtOnce) return pump();
    });
    return pumping;
  };
  const idle = async () => {
    while (pumping || underway.size > 0) await (pumping ?? Promise.race(underway.keys()));
  };
  return { pump, idle };
}

/** Sends what is due, and what becomes due by that, and waits for the end of it. */
export async function deliverDue(ctx: Ctx, options: SendOptions): Promise<void> {
  const errors: unknown[] = [];
  const sender = createSender(ctx, options, { onError: (error) => errors.push(error) });
  await sender.pump();
  await sender.idle();
  if (errors.length > 0) throw errors[0];
}

/** When the next one that waits is due, or null. */
export async function nextDeliveryAt(ctx: Ctx): Promise<Date | null> {
  const { rows } = await ctx.sql.query<{ at: Date | null }>(`SELECT min("nextAttemptAt" AT TIME ZONE 'UTC') AS at FROM "WebhookDelivery" WHERE state = 'pending'`);
  return rows[0]?.at ?? null;
}

async function claim(ctx: Ctx, count: number, underway: string[]): Promise<Due[]> {
  const busy = underway.filter((id) => underway.filter((other) => other === id).length >= maxAtOnceEach);
  await ctx.sql.query(`DELETE FROM "WebhookDelivery" d USING "Webhook" w WHERE w.id = d."webhookId" AND w.status <> 'ACTIVE' AND d.state = 'pending'`);
  const { rows } = await ctx.sql.query<Due>(
    `WITH due AS (SELECT id FROM "WebhookDelivery" WHERE state = 'pending' AND "nextAttemptAt" <= $1 AND "webhookId" <> ALL($4::text[])
                  ORDER BY "nextAttemptAt", id LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE "WebhookDelivery" d SET attempts = d.attempts + 1, "nextAttemptAt" = $2 FROM due, "Webhook" w
     WHERE d.id = due.id AND w.id = d."webhookId" RETURNING d.id, d.body, d.attempts, w.id AS "webhookId", w.url, w.secret`,
    [utc(ctx.now()), utc(new Date(ctx.now().getTime() + leaseMs)), Math.min(count, maxAtOnceEach), busy],
  );
  return rows;
}

async function deliver(ctx: Ctx, due: Due, options: SendOptions): Promise<void> {
  let status: number | null = null;
  let error: string | null = null;
  let retryAfterMs = 0;
  let mayPass = true;
  try {
    const secret = due.secret ? openSecret(due.webhookId, due.secret) : null;
    const sent = await sendMessage(due.url, { deliveryId: due.id, body: due.body, secret, at: ctx.now() }, options);
    if (sent.status >= 200 && sent.status < 300) {
      await ctx.sql.query(`DELETE FROM "WebhookDelivery" WHERE id = $1`, [due.id]);
      return;
    }
    status = sent.status;
    retryAfterMs = sent.retryAfterMs ?? 0;
    mayPass = status === 429 || status >= 500;
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message.slice(0, 500) : "unknown";
    mayPass = (thrown as NodeJS.ErrnoException).code !== "EREFUSED";
  }
  await putBack(ctx, due, { status, error, waitMs: mayPass ? waitAfter(due.attempts, retryAfterMs) : null });
}

/** Null when it is given up. Up to a fifth more than the table says, so that failures do not come back in step. */
function waitAfter(attempts: number, retryAfterMs: number): number | null {
  const waitMs = waitsMs[attempts - 1];
  return waitMs === undefined ? null : Math.max(waitMs * (1 + Math.random() / 5), Math.min(retryAfterMs, 30 * 60_000));
}

async function putBack(ctx: Ctx, due: Due, { status, error, waitMs }: { status: number | null; error: string | null; waitMs: number | null }): Promise<void> {
  await ctx.sql.query(`UPDATE "WebhookDelivery" SET state = $2, "nextAttemptAt" = $3, "lastStatus" = $4, "lastError" = $5 WHERE id = $1`, [
    due.id, waitMs === null ? "failed" : "pending", utc(new Date(ctx.now().getTime() + (waitMs ?? 0))), status, error,
  ]);
  // Not the address: it may hold a secret of the receiver's.
  if (waitMs === null) log.warn({ webhookId: due.webhookId, deliveryId: due.id, attempts: due.attempts, status }, "a webhook delivery was given up");
}

/** What was given up is kept for a week, for whoever asks why. */
export async function forgetOldDeliveries(ctx: Ctx): Promise<void> {
  await ctx.sql.query(`DELETE FROM "WebhookDelivery" WHERE state = 'failed' AND "createdAt" < $1`, [utc(new Date(ctx.now().getTime() - 7 * 24 * 3600_000))]);
}
