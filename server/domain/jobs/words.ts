/* How a job's end is said: "exit code 1 after 41.2 s", "by Rose after 1:12, signal 15". */

/** 41.2 s, 1:12, 1:02:03. */
export function duration(ms: number): string {
  const safe = Math.max(0, ms);
  if (safe < 60_000) return `${(safe / 1000).toFixed(1)} s`;
  const total = Math.floor(safe / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const rest = `${hours ? two(Math.floor(total / 60) % 60) : Math.floor(total / 60)}:${two(total % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** 4 GiB, 512 MiB, 1.5 GiB. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

export const clock = (at: Date): string => `${at.toISOString().slice(11, 19)} UTC`;

/** How the process ended, in words without the cause: "exit code 0 after 41.2 s" or "killed by signal 9 after 3.0 s". */
export function exitWords(end: { exitCode: number | null; signal: number | null }, tookMs: number): string {
  if (end.signal) return `killed by signal ${end.signal} after ${duration(tookMs)}`;
  return `exit code ${end.exitCode ?? 0} after ${duration(tookMs)}`;
}

/** Why a stopped step ended: who asked, how long it had run, what ended it. */
export function stopWords(by: string, end: { exitCode: number | null; signal: number | null } | null, tookMs: number | null): string {
  if (tookMs === null || !end) return `${by} before it started`;
  return `${by} after ${duration(tookMs)}, ${end.signal ? `signal ${end.signal}` : `exit code ${end.exitCode ?? 0}`}`;
}
