import { posix } from "node:path";
import { invalid } from "@/server/errors";
import type { Texts } from "./types";

/* MLflow's limits for what a trace carries. Values beyond them are cut, names are refused. */
const maxIdLength = 50;
const maxKeyLength = 250;
export const maxTagLength = 8000;
const maxMetadataLength = 8000;
const maxEntries = 2_000;
export const maxPreviewLength = 1000;

/** The server's own: where spans and files are. */
export const spansLocation = "mlflow.trace.spansLocation";
export const artifactLocation = "mlflow.artifactLocation";
export const traceName = "mlflow.traceName";
export const sessionKey = "mlflow.trace.session";
export const sourceRun = "mlflow.sourceRun";
export const finalized = "mlflow.trace.infoFinalized";
const fixedTags = new Set([spansLocation, "mlflow.trace.archiveLocation", "mlflow.trace.archivalFailure"]);

/** A trace's id becomes a folder of the artifact store, so it is held to letters, digits, `-` and `_`. */
export function checkTraceId(id: string): string {
  if (id === "") throw invalid("Missing value for required parameter 'trace_id'. See the API docs for more information about request parameters.");
  if (id.length > maxIdLength || !/^[\w-]+$/.test(id)) throw invalid(`Invalid trace ID '${id.slice(0, 60)}'. It is at most ${maxIdLength} letters, digits, '-' and '_'.`);
  return id;
}

/** @throws DomainError `invalid` in MLflow's words. */
export function checkTagKey(key: string): void {
  if ([...key].length > maxKeyLength) throw invalid(`'key' exceeds the maximum length of ${maxKeyLength} characters`);
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(key)) {
    throw invalid(`Invalid value ${JSON.stringify(key)} for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`);
  }
  const normal = posix.normalize(key).replace(/\/$/, "");
  if (normal !== key || /^(\/|\.$|\.\.($|\/))/.test(key)) {
    throw invalid(`Invalid value ${JSON.stringify(key)} for parameter 'key' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${normal}'`);
  }
}

/** @throws DomainError `invalid` for a tag that the server keeps for itself. */
export function checkMutableTag(key: string, action: "set" | "deleted"): void {
  if (fixedTags.has(key)) throw invalid(`Tag '${key}' is immutable and cannot be ${action} on a trace.`);
}

export function cut(value: string, maxLength: number): string {
  return value.length <= maxLength ? value : [...value].slice(0, maxLength).join("");
}

/** Tags from a client, cut to size, without the server's own. */
export function cutTags(tags: Texts): Texts {
  return cutAll(tags, maxTagLength, (key) => !fixedTags.has(key) && key !== artifactLocation);
}

export const cutMetadata = (metadata: Texts): Texts => cutAll(metadata, maxMetadataLength, () => true);

function cutAll(texts: Texts, maxLength: number, isKept: (key: string) => boolean): Texts {
  const entries = Object.entries(texts).filter(([key]) => isKept(key));
  if (entries.length > maxEntries) throw invalid(`A trace has at most ${maxEntries} tags and as many metadata.`);
  return Object.fromEntries(entries.map(([key, value]) => [cut(key, maxKeyLength), cut(value, maxLength)]));
}
