import { createHash } from "node:crypto";
import type { Ctx } from "@/server/ctx";
import type { Problems } from "../problems";
import type { Progress } from "../progress";
import type { Source } from "../types";

/** What every part of an import needs. */
export type ImportJob = {
  ctx: Ctx;
  source: Source;
  /** How this source is called in the records. */
  key: string;
  progress: Progress;
  problems: Problems;
  signal: AbortSignal;
  withArtifacts: boolean;
  /** Look again at what is there whole. */
  isAgain: boolean;
};

/** Tells whether a thing at its source is as it was when it was brought. */
export const fingerprintOf = (thing: object): string =>
  createHash("sha256").update(JSON.stringify(thing, (_key, v) => (typeof v === "bigint" ? `${v}n` : typeof v === "number" && !Number.isFinite(v) ? String(v) : v))).digest("hex").slice(0, 32);
