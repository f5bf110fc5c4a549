import { invalid } from "@/server/errors";

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** `30d`, `2d8h5m20s`, as `mlflow gc --older-than` reads it, in milliseconds. @throws DomainError `invalid`. */
export function parseOlderThan(text: string): number {
  const parts = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?$/.exec(text);
  const numbers = parts?.slice(1).map((n) => (n === undefined ? 0 : Number(n)));
  if (!text || !numbers?.every(Number.isFinite)) throw invalid(`'${text.slice(0, 50)}' is no length of time. Write 30d, 8h or 2d8h5m20s.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = numbers;
  return Math.round(days * unitMs.d + hours * unitMs.h + minutes * unitMs.m + seconds * unitMs.s);
}
