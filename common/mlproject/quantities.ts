const binary: Record<string, number> = { "": 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, K: 1e3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes of `512Mi`, `2G`, `1.5Gi`, `1048576`; null when it is no amount of memory. */
export function parseMemory(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(Ki|Mi|Gi|Ti|[KkMGT])?B?$/.exec(text.trim());
  if (!match) return null;
  const bytes = Math.round(Number(match[1]) * (binary[match[2] ?? ""] ?? 1));
  return bytes > 0 ? bytes : null;
}

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds of `30s`, `10m`, `1h30m`, or of a plain number of seconds; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const compact = text.trim().replaceAll(" ", "");
  if (/^\d+(?:\.\d+)?$/.test(compact)) return Number(compact);
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(compact)) return null;
  let seconds = 0;
  for (const part of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) seconds += Number(part[1]) * (units[part[2] ?? "s"] ?? 1);
  return seconds;
}
