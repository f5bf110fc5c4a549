import type { Edit, Problem } from "./types";

/** Turns offsets into a file's text into the 1-based lines and columns of problems and edits. */
export class Places {
  private readonly starts: number[] = [0];

  constructor(
    readonly path: string,
    readonly text: string,
  ) {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.starts.push(i + 1);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }

  /** The offset of a 1-based line's first character; the text's end for lines past it. */
  lineStart(line: number): number {
    return this.starts[line - 1] ?? this.text.length;
  }

  /** A line's text without its newline. */
  line(line: number): string {
    return this.text.slice(this.lineStart(line), this.lineStart(line + 1)).replace(/\r?\n$/, "");
  }

  edit(start: number, end: number, text: string): Edit {
    const from = this.at(start);
    const to = this.at(end);
    return { path: this.path, startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column, text };
  }

  problem(severity: Problem["severity"], place: { start: number; end: number }, message: string, fix?: Problem["fix"]): Problem {
    const from = this.at(place.start);
    const to = this.at(Math.max(place.end, place.start));
    return { path: this.path, severity, message, ...from, endLine: to.line, endColumn: to.column, ...(fix && { fix }) };
  }
}

/** Applies the edits that belong to one file; other files' edits are left out. */
export function applyEdits(path: string, text: string, edits: readonly Edit[]): string {
  const places = new Places(path, text);
  const offset = (line: number, column: number) => Math.min(places.lineStart(line) + column - 1, text.length);
  return edits
    .filter((edit) => edit.path === path)
    .map((edit) => ({ from: offset(edit.startLine, edit.startColumn), to: offset(edit.endLine, edit.endColumn), text: edit.text }))
    .sort((a, b) => b.from - a.from)
    .reduce((result, edit) => result.slice(0, edit.from) + edit.text + result.slice(edit.to), text);
}
