/* How numbers, durations, times and sizes read on pages. Pure: servers and browsers print the same. */

const minus = "−";

/** A metric's value: at most 5 significant digits, thousands grouped, NaN as NaN, MLflow's stored infinities as ±∞. */
export function formatNumber(value: number | null | undefined): string {
  if (value === undefined) return "–";
  if (value === null || Number.isNaN(value)) return "NaN";
  if (Math.abs(value) >= 1.797e308) return value > 0 ? "∞" : `${minus}∞`;
  const size = Math.abs(value);
  let text: string;
  if (value === 0) text = "0";
  else if (Number.isInteger(value) && size < 1e12) text = size.toLocaleString("en");
  else if (size >= 1e9 || size < 1e-4) text = size.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  else if (size >= 10_000) text = Math.round(size).toLocaleString("en");
  else text = String(+size.toPrecision(5)).replace(/^(\d{4})(?=\.|$)/, (d) => Number(d).toLocaleString("en"));
  return value < 0 ? minus + text : text;
}

/** A change with its sign; 0 is "same". */
export function formatDelta(delta: number): string {
  if (delta === 0) return "same";
  if (Number.isNaN(delta)) return "–";
  return delta > 0 ? `+${formatNumber(delta)}` : formatNumber(delta);
}

/** `2.1 s` below a minute, `2:51` above, `1:02:11` above an hour; `0:38` while it ticks. */
export function formatDuration(ms: number, isTicking = false): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) {
    if (isTicking) return `0:${String(Math.floor(seconds)).padStart(2, "0")}`;
    return seconds < 0.095 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
  }
  const whole = isTicking ? Math.floor(seconds) : Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `today 14:02`, `23 Nov 17:40`, `3 Jan 2025 09:12`; with `seconds` for what just happened. */
export function formatWhen(ms: number, nowMs: number, options: { seconds?: boolean } = {}): string {
  const at = new Date(ms);
  const now = new Date(nowMs);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}${options.seconds ? `:${two(at.getSeconds())}` : ""}`;
  if (at.toDateString() === now.toDateString()) return `today ${clock}`;
  const day = `${at.getDate()} ${months[at.getMonth()]}`;
  return at.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${at.getFullYear()} ${clock}`;
}

/** `48 kB`, `1.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = "B";
  for (const u of units) {
    if (size < 1000) break;
    size /= 1000;
    unit = u;
  }
  return `${size < 10 && unit !== "kB" ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** `1 file`, `3 files`. */
export const counted = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
