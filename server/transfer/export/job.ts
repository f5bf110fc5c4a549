import type { Problems } from "../problems";
import type { Progress } from "../progress";
import type { RestClient } from "../rest-client";
import type { Source } from "../types";

/** What every part of an export needs. */
export type ExportJob = {
  source: Source;
  client: RestClient;
  progress: Progress;
  problems: Problems;
  signal: AbortSignal;
  withArtifacts: boolean;
  /** Ids here to ids there, of all runs and logged models that have one by now. */
  ids: Map<string, string>;
  /** Where the target keeps a run's or logged model's files, by its id there. */
  roots: Map<string, string>;
  /** Ids here whose copies are whole there. */
  whole: Set<string>;
  /** Ids here of runs that were made there just now, and so are empty. */
  fresh: Set<string>;
  /** Does one piece of work after another, in the order of the calls. */
  inTurn: (work: () => Promise<unknown>) => Promise<unknown>;
  /** Ids here of logged models that registered versions are made of. */
  registered: Set<string>;
};

export const api = "/api/2.0/mlflow";

/** On each exported run and logged model: its id where it came from. */
export const exportTag = "flowbook.exportedFrom";
/** Follows the id until the copy is whole. */
export const unfinished = " (unfinished)";

export function makeTurn(): ExportJob["inTurn"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

export const chunksOf = <T>(list: T[], size: number): T[][] => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
