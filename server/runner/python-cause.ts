const textMax = 200;

/**
 * The error that ended a Python program, from the end of its output: "KeyError: 'windspeed' at process.py line 30". The place is the
 * deepest line that stands in the project's own files. Null when the output does not end in a traceback.
 */
export function pythonCause(output: string): string | null {
  // Python 3.13 colours its tracebacks on a terminal.
  const lines = output.replace(/\x1b\[[0-9;]*m/g, "").split(/\r?\n/);
  const start = lines.findLastIndex((line) => line.startsWith("Traceback (most recent call last):"));
  if (start < 0) return null;
  const end = lines.findIndex((line, i) => i > start && /^[A-Za-z_][\w.]*(:|$)/.test(line));
  if (end < 0 || lines.slice(end + 1).join("").trim().length > 2_000) return null;
  const error = (lines[end] ?? "").replace(/^(?:[a-z_]\w*\.)+(?=[A-Z])/, "");
  const text = error.length > textMax ? `${error.slice(0, textMax)}…` : error;
  let place = "";
  for (const line of lines.slice(start, end)) {
    const frame = /^ {2}File "([^"]+)", line (\d+)/.exec(line);
    if (frame?.[1] && !/site-packages|\/lib\/python|^</.test(frame[1])) place = ` at ${frame[1].replace(/^.*\/(?:project|tree)\//, "")} line ${frame[2]}`;
  }
  return `${text}${place}`;
}
