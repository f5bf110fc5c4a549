import type { ServerResponse } from "node:http";
import { getSql } from "@/server/db";
import { isDatabaseAway } from "@/server/errors";
import { log } from "@/server/log";

/**
 * How long a request is held: longer than a killed PostgreSQL takes to replay its log here, shorter than the 60 s after which
 * proxies give up and the 120 s after which MLflow's client does.
 */
const holdMs = 25_000;
/** A held request keeps its body in memory; more than these are told to come back. */
const maxHeld = 1_000;
/** The database answers and the work still fails: not for an outage. */
const maxAttempts = 10;
let held = 0;

/**
 * Does `work`; when the database goes away meanwhile, waits for it and does the work again, so that clients notice a delay only.
 * Doing it again is what a client's own retry would do: points, params and tags that were stored already are stored once.
 *
 * @throws what `work` threw at last, when the database stays away, the caller hung up, or `canRepeat` says no.
 */
export async function throughOutages<T>(res: ServerResponse, work: () => Promise<T>, canRepeat: () => boolean = () => true): Promise<T> {
  const until = Date.now() + holdMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || res.headersSent || !canRepeat() || held >= maxHeld || attempt >= maxAttempts) throw error;
      held++;
      try {
        // The first that fails finds the pool's connections broken while the database may be back already.
        if (attempt > 1) await pause(100);
        if (!(await isBackWithin(res, until))) throw error;
      } finally {
        held--;
      }
    }
  }
}

async function isBackWithin(res: ServerResponse, until: number): Promise<boolean> {
  while (Date.now() < until && !res.destroyed) {
    if (await Promise.race([databaseAnswers(), pause(1_000).then(() => false)])) return true;
  }
  return false;
}

let answering: Promise<boolean> | undefined;

/** Resolves when the database answers: one question at a time, for all who wait. */
function databaseAnswers(): Promise<boolean> {
  answering ??= ask().finally(() => {
    answering = undefined;
  });
  return answering;
}

async function ask(): Promise<boolean> {
  const began = Date.now();
  while (Date.now() - began < holdMs) {
    const isThere = await getSql().query("SELECT 1").then(() => true, () => false);
    if (isThere) {
      log.info({ held, waitedMs: Date.now() - began }, "the database answers; held requests go on");
      return true;
    }
    await pause(100);
  }
  return false;
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
