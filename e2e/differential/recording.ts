import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Seen } from "./play";
import { type Scenario, textOf } from "./scenario";

export const mlflowVersion = "3.17.2";
const file = fileURLToPath(new URL(`./recorded-${mlflowVersion}.json`, import.meta.url));

/** What MLflow answered, by scenario; each with the request it was for, so that a recording of other requests is noticed. */
export type Recording = Record<string, { request: string; answer: Seen }[]>;

export const readRecording = (): Recording => JSON.parse(readFileSync(file, "utf8")) as Recording;

/** One line for each request, so that a change shows as what it is. */
export function writeRecording(recording: Recording): void {
  const parts = Object.entries(recording).map(([name, steps]) => `${JSON.stringify(name)}: [\n${steps.map((s) => JSON.stringify(s)).join(",\n")}\n]`);
  writeFileSync(file, `{\n${parts.join(",\n")}\n}\n`);
}

/** @throws Error when the scenario was changed after it was recorded. */
export function recordedAnswers(recording: Recording, scenario: Scenario): Seen[] {
  const recorded = recording[scenario.name] ?? [];
  const isSame = recorded.length === scenario.steps.length && scenario.steps.every((step, i) => recorded[i]?.request === textOf(step));
  if (!isSame) throw new Error(`The recording is of other requests than "${scenario.name}" has. Run: npm run record:mlflow`);
  return recorded.map((r) => r.answer);
}
