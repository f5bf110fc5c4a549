import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate, inflateRaw } from "node:zlib";
import { limits } from "@/common/limits";
import type { Ctx } from "@/server/ctx";
import { defaultExperimentId } from "@/server/domain/experiments";
import { logSpans } from "@/server/domain/traces";
import { DomainError, invalid } from "@/server/errors";
import type { Handler } from "./door";
import type { Route } from "./router";
import { missingField, readInput } from "./wire/fields";
import { OtlpFault, readOtlp } from "./wire/otlp";
import { experimentHeader } from "./wire/traces";

/** What a body may grow to when it is unpacked. */
const maxUnpackedBytes = 64 * 1024 * 1024;

const unpack = { gunzip: promisify(gunzip), inflate: promisify(inflate), inflateRaw: promisify(inflateRaw) };

/** OpenTelemetry's own door: spans of any library, for the experiment that a header names. All of a batch is stored, or nothing. */
const exportTraces: Handler = async ({ req, res, ctx }) => {
  const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-protobuf" && type !== "application/json") {
    throw invalid(`Invalid Content-Type: ${type?.slice(0, 100)}. Expected: application/x-protobuf or application/json`);
  }
  const experimentId = await experimentOf(ctx, req);
  const body = await unpacked(await readBytes(req), req.headers["content-encoding"]?.trim().toLowerCase());
  try {
    const spans = await readOtlp(body, type === "application/json");
    await logSpans(ctx, { experimentId, spans, runId: [req.headers["x-mlflow-run-id"]].flat()[0] });
  } catch (error) {
    throw error instanceof OtlpFault ? invalid(error.message) : error;
  }
  // An empty message is what says that everything was taken.
  res.writeHead(200, { "Content-Type": "application/x-protobuf", "Content-Length": 0 }).end();
};

async function experimentOf(ctx: Ctx, req: IncomingMessage): Promise<number> {
  const header = [req.headers["x-mlflow-experiment-id"]].flat()[0];
  if (!header) throw missingField("x-mlflow-experiment-id");
  const { experiment_id: id } = readInput(experimentHeader, { experiment_id: header });
  return id === 0 ? defaultExperimentId(ctx) : id;
}

async function readBytes(req: IncomingMessage): Promise<Buffer> {
  const tooLarge = () => new DomainError("too_large", `The request's body is larger than ${limits.jsonBodyBytes / 1024 / 1024} MiB. Send it in parts.`);
  if (Number(req.headers["content-length"] ?? 0) > limits.jsonBodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Left open when the cap is met, so that the answer still has its connection.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limits.jsonBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The cap holds against a small body that unpacks to gigabytes. */
async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (!encoding || encoding === "identity") return body;
  if (encoding !== "gzip" && encoding !== "deflate") throw invalid(`Unsupported Content-Encoding: ${encoding.slice(0, 50)}`);
  const options = { maxOutputLength: maxUnpackedBytes };
  try {
    if (encoding === "gzip") return await unpack.gunzip(body, options);
    // Some clients send deflate without its frame.
    return await unpack.inflate(body, options).catch((error: unknown) => (isTooLarge(error) ? Promise.reject(error) : unpack.inflateRaw(body, options)));
  } catch (error) {
    if (isTooLarge(error)) throw new DomainError("too_large", `The request's body unpacks to more than ${maxUnpackedBytes / 1024 / 1024} MiB. Send it in parts.`);
    throw invalid(`Failed to decompress ${encoding} payload`);
  }
}

const isTooLarge = (error: unknown): boolean => (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";

export const otlpRoutes: Route[] = [["POST", "/v1/traces", exportTraces]];
