import type { Tally } from "./types";

export type Say = (line: string) => void;

/** Counts what goes by and says so every two seconds. */
export class Progress {
  readonly done: Partial<Tally> & { skippedRuns: number } = { skippedRuns: 0 };
  private readonly startedMs = Date.now();
  private stoppedMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private said = "";
  totalRuns: number | undefined;

  constructor(private readonly say: Say) {}

  start(): void {
    this.timer = setInterval(() => this.tell(), 2_000);
    this.timer.unref();
  }

  add(noun: keyof Tally, count = 1): void {
    this.done[noun] = (this.done[noun] ?? 0) + count;
  }

  stop(): void {
    clearInterval(this.timer);
    this.stoppedMs = Date.now();
    this.tell();
  }

  /** Until it was stopped; what is counted afterwards takes its own time. */
  secondsSoFar(): number {
    return ((this.stoppedMs ?? Date.now()) - this.startedMs) / 1000;
  }

  private tell(): void {
    const { runs = 0, skippedRuns, metricPoints = 0, artifactFiles = 0, artifactBytes = 0, loggedModels = 0, modelVersions = 0 } = this.done;
    const parts = [
      `${count(runs + skippedRuns)}${this.totalRuns === undefined ? "" : ` of ${count(this.totalRuns)}`} runs${skippedRuns > 0 ? ` (${count(skippedRuns)} were there)` : ""}`,
      `${count(metricPoints)} points`,
      `${count(artifactFiles)} files (${bytes(artifactBytes)})`,
      ...(loggedModels > 0 ? [`${count(loggedModels)} logged models`] : []),
      ...(modelVersions > 0 ? [`${count(modelVersions)} model versions`] : []),
    ].join(" · ");
    if (parts === this.said) return;
    this.said = parts;
    const seconds = Math.max(this.secondsSoFar(), 0.001);
    this.say(`  ${parts} · ${count(Math.round(runs / seconds))} runs/s, ${count(Math.round(metricPoints / seconds))} points/s`);
  }
}

export const count = (n: number): string => n.toLocaleString("en-US");

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = n;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}
