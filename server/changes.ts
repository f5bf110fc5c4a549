import pg from "pg";
import { addressOf } from "./db";
import { env } from "./env";
import { log } from "./log";

/*
 * Write it down, then tell. `announce` says only that a stored thing changed; listeners read what follows the last row they saw.
 * Topics: run:<id> · run-tree:<root run id> · experiment:<id> · project:<id> · files:<project id> · file:<id> · job:<id> ·
 * job-log:<id> · jobs (something for a runner) · job-input:<id> · model:<id> · share:<id> · access:<user id> · workspace:<id> ·
 * webhooks:<workspace id> · webhook-deliveries (something to send)
 */

const channel = "flowbook";
const pending = new Set<string>();
let flushTimer: NodeJS.Timeout | undefined;

/**
 * Tells every process that a stored thing changed. Call it after the commit. Announcements within 50 ms are one NOTIFY;
 * a lost one costs a poll interval, never data.
 */
export function announce(ctx: { sql: pg.Pool }, ...topics: string[]): void {
  for (const t of topics) {
    pending.add(t);
    tellHere(t);
  }
  flushTimer ??= setTimeout(() => {
    flushTimer = undefined;
    void flush(ctx.sql);
  }, 50);
}

async function flush(sql: pg.Pool) {
  const topics = [...pending];
  pending.clear();
  // A NOTIFY payload ends at 8000 bytes.
  for (let at = 0; at < topics.length; at += 60) {
    const payload = JSON.stringify({ from: processId, topics: topics.slice(at, at + 60) });
    await sql.query("SELECT pg_notify($1, $2)", [channel, payload]).catch((error) => log.info({ error: String(error) }, "an announcement was lost"));
  }
}

/** Sends what waits; for a process that is about to end. */
export async function flushAnnouncements(sql: pg.Pool) {
  clearTimeout(flushTimer);
  flushTimer = undefined;
  await flush(sql);
}

const processId = `${process.pid}-${Math.random().toString(36).slice(2)}`;
type Listener = (topic: string) => void;
const listeners = new Map<string, Set<Listener>>();
const anyListeners = new Set<Listener>();

function tellHere(topic: string) {
  for (const l of listeners.get(topic) ?? []) l(topic);
  for (const l of anyListeners) l(topic);
}

/** Calls back whenever the topic is announced, in any process. Also after a reconnect, as something may have been missed. Returns the way to stop. */
export function listen(topic: string, listener: Listener): () => void {
  start();
  const set = listeners.get(topic) ?? new Set();
  set.add(listener);
  listeners.set(topic, set);
  return () => {
    set.delete(listener);
    if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
  };
}

/** Every topic; for a door that fans out by itself. */
export function listenAny(listener: Listener): () => void {
  start();
  anyListeners.add(listener);
  return () => anyListeners.delete(listener);
}

let client: pg.Client | undefined;
let isStarted = false;
let isStopped = false;

function start() {
  if (isStarted) return;
  isStarted = true;
  void keepConnected();
}

async function keepConnected() {
  for (let delayMs = 200; !isStopped; delayMs = Math.min(delayMs * 2, 3_000)) {
    try {
      client = new pg.Client({ ...addressOf(env().databaseUrl ?? "", env().databaseSocket), connectionTimeoutMillis: 5_000, keepAlive: true });
      const ended = new Promise<void>((done) => {
        client?.on("error", () => done());
        client?.on("end", () => done());
      });
      await client.connect();
      client.on("notification", (n) => {
        try {
          const { from, topics } = JSON.parse(n.payload ?? "{}") as { from: string; topics: string[] };
          if (from !== processId) for (const t of topics) tellHere(t);
        } catch {
          log.info("a notification could not be read");
        }
      });
      await client.query(`LISTEN ${channel}`);
      delayMs = 200;
      for (const topic of [...listeners.keys()]) tellHere(topic);
      await ended;
    } catch (error) {
      log.info({ error: String(error) }, "listening for changes: not connected, trying again");
    }
    await client?.end().catch(() => {});
    if (!isStopped) await new Promise((r) => setTimeout(r, delayMs));
  }
}

export async function stopListening() {
  isStopped = true;
  await client?.end().catch(() => {});
}
