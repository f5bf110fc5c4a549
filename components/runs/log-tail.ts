/** What a failed run's page shows first, out of the last bytes of its log. */
export type LogTail = {
  /** The error's own line, such as `KeyError: 'windspeed'`; null when no traceback ends the log. */
  error: string | null;
  lines: { text: string; isError: boolean }[];
};

const mostLines = 24;
const escapes = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;
const errorLine = /^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning|Failure)\b(?::.*)?$/;

/** Plain lines as a terminal would leave them: colours dropped, and of a redrawn progress bar only its last state. */
export function plainLines(text: string): string[] {
  return text
    .replace(escapes, "")
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").split("\r").at(-1) ?? "");
}

export function readLogTail(text: string, isCut: boolean): LogTail {
  const all = plainLines(text);
  if (isCut) all.shift();
  while (all.length > 0 && all.at(-1)?.trim() === "") all.pop();
  const errorAt = all.findLastIndex((line) => errorLine.test(line));
  const tracebackAt = all.findLastIndex((line, i) => i <= errorAt && line.startsWith("Traceback (most recent call last)"));
  const isTraceback = errorAt >= 0 && tracebackAt >= 0;
  const from = isTraceback ? Math.max(tracebackAt - 1, errorAt - mostLines + 4, 0) : Math.max(0, all.length - 12);
  const to = isTraceback ? Math.min(all.length, errorAt + 4) : all.length;
  return {
    error: isTraceback ? (all[errorAt] ?? null) : null,
    lines: all.slice(from, to).map((line, i) => ({ text: line, isError: isTraceback && from + i === errorAt })),
  };
}
