export type DifferenceKind = keyof typeof accepted;
type Kind = { title: string; reason: string; isTheirFault?: true };

/**
 * The kinds of differences from MLflow 3.17.2 that are meant, each with its reason. `isTheirFault`: MLflow answers a bad request
 * with a 5xx, takes what it cannot store as sent, or leaves its own error form; users are better off, and no client depends on it.
 */
export const accepted = {
  "5xx": { title: "MLflow answers a bad request with a 5xx", reason: "Clients retry a 5xx for minutes. Here it is a 400 or 404, or the request is understood.", isTheirFault: true },
  "stored-otherwise": { title: "MLflow takes a value and stores another", reason: "A fraction, a boolean or a number beyond int64 as 0, a number for a text as \"\", \"nan\" as 0: refused here, or stored as sent.", isTheirFault: true },
  garbage: { title: "MLflow takes what means nothing", reason: "Unknown names of states and views, datasets without names, half filters, counts below 1 change nothing or everything there. Refused here.", isTheirFault: true },
  "no-envelope": { title: "MLflow answers in HTML", reason: "Unknown endpoints, wrong methods and missing parts of artifact requests get the JSON envelope here.", isTheirFault: true },
  "database-words": { title: "MLflow's answer is its database's", reason: "A taken name on renaming and unknown references are BAD_REQUEST with SQL there; here they have the code that other requests have.", isTheirFault: true },
  "or-not-parentheses": { title: "OR, NOT and parentheses in run filters", reason: "MLflow answers 400, so nobody depends on it; here they are understood." },
  "wider-filters": { title: "One filter language", reason: "A spelling or comparator that one of MLflow's five searches knows is known in all of them where it has a meaning." },
  "r-client": { title: "What the R client sends and MLflow refuses", reason: "Registry searches by POST and booleans as texts are understood, so two more functions of that client work." },
  "lenient-fields": { title: "A field need not be said twice", reason: "run_uuid for run_id, camelCase, the id in a path, the case of a content type: taken everywhere, not only where MLflow does." },
  "repeated-keys": { title: "A key twice in one request, a param of a model again", reason: "The last tag wins and a model's param keeps its value, as in log-batch; MLflow's database refuses the request." },
  locations: { title: "Places of files", reason: "No folders of the server, no backslashes, drive letters, double slashes or broken escapes in paths. A slash at a location's end is dropped." },
  references: { title: "What a request names must exist", reason: "A run or model that a new version or model names must be there and be of the caller's workspace." },
  "not-offered": { title: "What is not offered", reason: "The LLM gateway and multipart and presigned transfers: server-info says so, and clients then do not ask." },
} satisfies Record<string, Kind>;
