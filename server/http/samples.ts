import { createReadStream, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { env } from "../env";
import { sendJson } from "./answers";

/** Public data sets that ship with the server, by the name in /samples/{name}; sources and licences in examples/README.md. */
const samples: Record<string, { path: string; mediaType: string }> = {
  "seattle-weather.csv": { path: "node_modules/vega-datasets/data/seattle-weather.csv", mediaType: "text/csv; charset=utf-8" },
  "penguins.json": { path: "node_modules/vega-datasets/data/penguins.json", mediaType: "application/json" },
};

/** Needs no sign-in: the data is public, and a step fetches it like anything else on the web. */
export function handleSample(req: IncomingMessage, res: ServerResponse, path: string): void {
  const name = path.slice("/samples/".length);
  const sample = Object.hasOwn(samples, name) ? samples[name] : undefined;
  if (!sample) return sendJson(res, 404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: `There is no such sample. There are: ${Object.keys(samples).join(", ")}.` });
  if (req.method !== "GET" && req.method !== "HEAD") return sendJson(res, 405, { error_code: "BAD_REQUEST", message: "A sample is read by GET." });
  const file = join(env().appDir, sample.path);
  res.writeHead(200, { "Content-Type": sample.mediaType, "Content-Length": statSync(file).size, "Cache-Control": "public, max-age=3600" });
  if (req.method === "HEAD") res.end();
  else createReadStream(file).on("error", () => res.destroy()).pipe(res);
}
