import { count, type Say } from "../progress";

const most = 60;

/** Gathers differences by name of what differs; prints the first of them. */
export class Differences {
  private readonly lines: string[] = [];
  count = 0;

  add(line: string): void {
    this.count++;
    if (this.lines.length < most) this.lines.push(line);
  }

  /** Notes each field in which two things differ; fields of fields one by one. */
  compare(what: string, a: object, b: object): void {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const [x, y] = [left[key], right[key]];
      if (JSON.stringify(x) === JSON.stringify(y)) continue;
      if (isPlain(x) && isPlain(y)) this.compare(`${what}, ${key}`, x, y);
      else this.add(`${what}, ${key}: ${show(x)} — ${show(y)}`);
    }
  }

  tell(say: Say): void {
    for (const line of this.lines) say(`  ${line}`);
    if (this.count > this.lines.length) say(`  and ${count(this.count - this.lines.length)} more`);
  }
}

const isPlain = (v: unknown): v is object => typeof v === "object" && v !== null && !Array.isArray(v);
const show = (v: unknown) => (v === undefined ? "(not there)" : JSON.stringify(v).slice(0, 200));
