import { constants } from "node:os";
import { duration, exitWords, size, stopWords } from "@/server/domain/jobs";
import { pythonCause } from "./python-cause";
import type { ShimStatus } from "./sandbox-types";

export type StepEnd = { state: "finished" | "failed" | "stopped"; reason: string; exitCode: number | null; signal: number | null; endedAt: Date };

export type Asked = { stopAskedAt: Date | null; stopAskedBy: string | null; memoryBytes: number; timeoutSeconds: number };

/** What became of a step, in words, from what its shim wrote down and the end of its output. */
export function endOf(status: ShimStatus, asked: Asked, lastOutput = ""): StepEnd {
  const endedAtMs = status.endedAtMs ?? Date.now();
  const endedAt = new Date(endedAtMs);
  if (status.error !== null) return { state: "failed", reason: `it could not be started: ${status.error}`, exitCode: null, signal: null, endedAt };

  const tookMs = Math.max(0, endedAtMs - (status.startedAtMs ?? endedAtMs));
  const signal = signalNumber(status.signal);
  const end = { exitCode: status.exitCode, signal };
  // A stop that came after the end decides nothing.
  if (asked.stopAskedAt && asked.stopAskedAt.getTime() <= endedAtMs) {
    return { state: "stopped", reason: stopWords(asked.stopAskedBy ?? "by the owner", end, tookMs), ...end, endedAt };
  }
  if (status.exitCode === 0 && !signal) return { state: "finished", reason: exitWords(end, tookMs), ...end, endedAt };
  if (status.oomKilled) return { state: "failed", reason: `out of memory, limit ${size(asked.memoryBytes)}, after ${duration(tookMs)}`, ...end, endedAt };
  if (tookMs >= asked.timeoutSeconds * 1000) {
    return { state: "failed", reason: `time limit of ${duration(asked.timeoutSeconds * 1000)} reached, ${signal ? `signal ${signal}` : `exit code ${status.exitCode ?? 0}`}`, ...end, endedAt };
  }
  const cause = signal ? null : pythonCause(lastOutput);
  const hint = signal ? "" : (shellHints[status.exitCode ?? 0] ?? (cause ? `: ${cause}` : ""));
  return { state: "failed", reason: `${exitWords(end, tookMs)}${hint}`, ...end, endedAt };
}

/** What bash means by them. */
const shellHints: Record<number, string> = {
  126: ": a command is no program that can be run; the log's end names it",
  127: ": a command was not found; the log's end names it",
};

function signalNumber(name: string | null): number | null {
  if (name === null) return null;
  return (constants.signals as Record<string, number>)[name] ?? null;
}
