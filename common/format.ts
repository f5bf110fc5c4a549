/*
 * How numbers, times and sizes read on a page. Missing is "–", a minus is "−", digits are grouped by commas.
 */

/** `2.1 s` below a minute, `2:51` above, `1:02:51` above an hour. Ticking clocks show `0:38` from the start. */
export function formatDuration(ms: number | null | undefined, options: { isTicking?: boolean } = {}): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95 && !options.isTicking) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(seconds < 20 ? 1 : 0)} s`;
  const whole = Math.floor(seconds + (options.isTicking ? 0 : 0.5));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** `48 kB`, `1.1 MB`: powers of 1000. */
export function formatSize(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Four significant digits, grouped; whole numbers whole; NaN (null in answers) as "NaN". */
export function formatNumber(value: number | null | undefined): string {
  if (value === undefined) return "–";
  if (value === null || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const abs = Math.abs(value);
  let text: string;
  if (Number.isInteger(value) && abs < 1e12) text = groupDigits(String(abs));
  else if (abs !== 0 && (abs < 1e-4 || abs >= 1e12)) text = abs.toExponential(3).replace("e-", "e−").replace("e+", "e");
  else text = groupDigits(abs >= 1000 ? abs.toFixed(1) : String(Number(abs.toPrecision(4))));
  return value < 0 ? `−${text}` : text;
}

const groupDigits = (text: string) => text.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const twoDigits = (n: number) => String(n).padStart(2, "0");

/** `today 14:02`, `23 Nov 17:40`, `23 Nov 2025`; in the reader's own time zone. */
export function formatTime(ms: number | null | undefined, nowMs: number): string {
  if (ms === null || ms === undefined) return "–";
  const at = new Date(ms);
  const now = new Date(nowMs);
  const clock = `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
  if (at.toDateString() === now.toDateString()) return `today ${clock}`;
  const day = `${at.getDate()} ${months[at.getMonth()]}`;
  return at.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${day} ${at.getFullYear()}`;
}

/** `1 problem`, `3 problems`. */
export const plural = (count: number, one: string, many = `${one}s`) => `${formatNumber(count)} ${count === 1 ? one : many}`;
