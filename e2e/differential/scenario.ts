import type { DifferenceKind } from "./accepted";

/**
 * One raw request. `${name}` in path, query, headers and body stands for what an earlier answer of the scenario gave (`save`),
 * `${u}` for a word that is new with each playing.
 */
export type Step = {
  method: string;
  /** Below `/api/2.0/mlflow/`, or a whole path. Sent as written. */
  path: string;
  query: Record<string, string | string[]> | string;
  /** An object goes as JSON; a text goes as it stands. */
  body?: unknown;
  headers: Record<string, string>;
  /** Names for values of the answer, by their dotted path in its JSON. */
  save: Record<string, string>;
  /** Why Flowbook's answer is another; the test fails when it is not. */
  differs?: DifferenceKind;
  /** Flowbook's words may be others; status, code and shape may not. */
  ownWords?: boolean;
};

export type Scenario = { name: string; steps: Step[] };

type Options = Partial<Pick<Step, "headers" | "save" | "differs" | "ownWords">>;
const step = (method: string, path: string, rest: Options & Partial<Pick<Step, "query" | "body">>): Step => ({ method, path, query: {}, headers: {}, save: {}, ...rest });

export const get = (path: string, query: Step["query"] = {}, options: Options = {}): Step => step("GET", path, { query, ...options });
export const post = (path: string, body?: unknown, options: Options = {}): Step => step("POST", path, { body, ...options });
export const patch = (path: string, body?: unknown, options: Options = {}): Step => step("PATCH", path, { body, ...options });
export const put = (path: string, body?: unknown, options: Options = {}): Step => step("PUT", path, { body, ...options });
export const del = (path: string, body?: unknown, options: Options = {}): Step => step("DELETE", path, { body, ...options });
export const send = (method: string, path: string, options: Options & Partial<Pick<Step, "query" | "body">> = {}): Step => step(method, path, options);

export const scenario = (name: string, ...steps: (Step | Step[])[]): Scenario => ({ name, steps: steps.flat() });

/** What is the same before many scenarios: an experiment `e` and a run `r` in it. */
export const anExperimentAndRun = (name: string): Step[] => [
  post("experiments/create", { name: `\${u}-${name}` }, { save: { e: "experiment_id" } }),
  post("runs/create", { experiment_id: "${e}", user_id: "ada", start_time: 1000, run_name: "first" }, { save: { r: "run.info.run_id" } }),
];

/** How a step is written in the recording, to see that a recording is of these very requests. */
export function textOf(step: Step): string {
  const body = step.body === undefined ? "" : typeof step.body === "string" ? step.body : JSON.stringify(step.body);
  const query = typeof step.query === "string" ? step.query : new URLSearchParams(pairsOf(step.query)).toString();
  const text = [step.method, step.path + (query ? `?${query}` : ""), JSON.stringify(step.headers), body].join(" ");
  return text.length > 300 ? `${text.slice(0, 280)}… ${text.length}` : text;
}

export const pairsOf = (query: Record<string, string | string[]>): [string, string][] =>
  Object.entries(query).flatMap(([key, value]) => (Array.isArray(value) ? value.map((v): [string, string] => [key, v]) : [[key, value]] as [string, string][]));
