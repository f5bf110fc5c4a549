import type { IncomingMessage, ServerResponse } from "node:http";
import contentDisposition from "content-disposition";
import parseRange from "range-parser";
import { z } from "zod";
import {
  type ArtifactEntry,
  deleteByProxyPath,
  listArtifacts,
  listByProxyPath,
  type OpenedArtifact,
  openArtifact,
  openByProxyPath,
  putByProxyPath,
  type RangeChoice,
} from "@/server/domain/artifacts";
import { DomainError } from "@/server/errors";
import type { ByteRange, ByteSource } from "@/server/storage";
import { type Answer, endpoint, type Handler, type Request, sendJson } from "./door";
import type { Route } from "./router";
import { missingField, runIdOf, text } from "./wire/fields";

const proxy = "/api/2.0/mlflow-artifacts";

const notImplemented: Handler = async () => {
  throw new DomainError("invalid", "Multipart and presigned transfers are not offered; files go through the artifact proxy.", { errorCode: "NOT_IMPLEMENTED" });
};

const noPresigned: Handler = async () => {
  throw new DomainError("invalid", "Presigned URLs are not offered for mlflow-artifacts: addresses; files go through the artifact proxy.");
};

const getArtifact: Handler = async (request) => {
  const runId = runIdOf({ run_id: request.query.get("run_id") ?? undefined, run_uuid: request.query.get("run_uuid") ?? undefined });
  const path = request.query.get("path");
  if (!path) throw missingField("path");
  await sendFile(request, (range) => openArtifact(request.ctx, { runId, path, range }));
};

export const artifactRoutes: Route[] = [
  ["GET", "/api/2.0/mlflow/artifacts/list", endpoint(z.object({ run_id: text, run_uuid: text, path: text }), async (ctx, input) => {
    const listing = await listArtifacts(ctx, { runId: runIdOf(input), path: input.path });
    return { root_uri: listing.rootUri, files: listing.files.map(toFileInfo) };
  })],
  ["GET", "/get-artifact", getArtifact],
  ["GET", "/api/2.0/mlflow/get-artifact", getArtifact],
  ["GET", `${proxy}/artifacts`, endpoint(z.object({ path: text }), async (ctx, input) => {
    return { files: (await listByProxyPath(ctx, { proxyPath: input.path ?? "" })).map(toFileInfo) };
  })],
  ["GET", `${proxy}/artifacts/{path*}`, async (request) => {
    await sendFile(request, (range) => openByProxyPath(request.ctx, { proxyPath: request.params.path ?? "", range }));
  }],
  ["PUT", `${proxy}/artifacts/{path*}`, async ({ req, res, ctx, params }) => {
    await putByProxyPath(ctx, { proxyPath: params.path ?? "", stream: bodyOf(req), sizeBytes: sizeOf(req) });
    res.writeHead(200, { "Content-Length": 0 }).end();
  }],
  ["DELETE", `${proxy}/artifacts/{path*}`, async ({ res, ctx, params }) => {
    await deleteByProxyPath(ctx, { proxyPath: params.path ?? "" });
    sendJson(res, 200, {});
  }],
  ["POST", "/api/2.0/mlflow/artifacts/presigned-download-url", noPresigned],
  ["POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", noPresigned],
  ["POST", `${proxy}/mpu/{path*}`, notImplemented],
  ["GET", `${proxy}/presigned/{path*}`, notImplemented],
];

/** The body, piece by piece. When storing fails the request is left alone, and the connection can still carry the answer. */
async function* bodyOf(req: IncomingMessage): ByteSource & AsyncGenerator<Buffer> {
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw brokeOff(error);
  }
  if (!req.complete) throw brokeOff();
}

const brokeOff = (cause?: unknown) => Object.assign(new Error("The caller hung up.", { cause }), { code: "ERR_STREAM_PREMATURE_CLOSE" });

function sizeOf(req: IncomingMessage): number | undefined {
  const length = req.headers["content-length"];
  return length !== undefined && /^\d{1,16}$/.test(length) ? Number(length) : undefined;
}

export const toFileInfo = (f: ArtifactEntry): Answer => ({
  path: f.path,
  is_dir: f.isDir,
  // MLflow leaves an empty file's size out too.
  file_size: f.isDir || f.sizeBytes === 0 ? undefined : f.sizeBytes,
});

/**
 * Streams a stored file as a download that a browser will neither show nor run. One byte range is answered with 206; one that
 * lies outside with 416; several at once get the whole file.
 */
export async function sendFile({ req, res }: Request, open: (range: RangeChoice) => Promise<OpenedArtifact>): Promise<void> {
  let isOutside = false;
  const opened = await open((sizeBytes): ByteRange | undefined => {
    const header = req.headers.range;
    if (!header || header.length > 200) return undefined;
    const ranges = parseRange(sizeBytes, header);
    if (ranges === -1) isOutside = true;
    if (typeof ranges === "number" || ranges.type !== "bytes" || ranges.length !== 1) return undefined;
    return ranges[0];
  });
  const { range, sizeBytes } = opened;
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("Accept-Ranges", "bytes");
  if (isOutside) {
    await opened.close();
    res.writeHead(416, { "Content-Range": `bytes */${sizeBytes}`, "Content-Length": 0 }).end();
    return;
  }
  const type = opened.mediaType.startsWith("text/") ? `${opened.mediaType}; charset=utf-8` : opened.mediaType;
  res.writeHead(range ? 206 : 200, {
    "Content-Type": type,
    "Content-Disposition": contentDisposition(opened.fileName, { fallback: opened.fileName.replace(/[^ -~]/g, "?") }),
    "Content-Length": range ? range.end - range.start + 1 : sizeBytes,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
    ...(range ? { "Content-Range": `bytes ${range.start}-${range.end}/${sizeBytes}` } : {}),
  });
  if (req.method === "HEAD") {
    await opened.close();
    res.end();
    return;
  }
  if (opened.bytes) {
    res.end(opened.bytes);
    return;
  }
  await opened.pump(writerTo(res));
  res.end();
}

/** Writes a piece and waits until it has been handed on. A caller that hangs up ends the wait. */
function writerTo(res: ServerResponse): (piece: Uint8Array) => Promise<void> {
  let giveUp: (error: Error) => void = () => {};
  res.once("close", () => giveUp(brokeOff()));
  return (piece) =>
    new Promise((done, fail) => {
      if (res.destroyed) return fail(brokeOff());
      giveUp = fail;
      res.write(piece, (error) => (error ? fail(brokeOff(error)) : done()));
    });
}
