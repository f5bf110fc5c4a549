import { pipeline } from "node:stream/promises";
import contentDisposition from "content-disposition";
import { z } from "zod";
import { limits } from "@/common/limits";
import { checkPath, deleteFile, type FileEntry, listFiles, openFile, writeFile } from "../domain/files";
import { getProject } from "../domain/projects";
import { DomainError, invalid } from "../errors";
import { checkLength } from "./body";
import { route } from "./route";
import * as wire from "./wire";

const toWire = ({ path, sizeBytes, kind }: FileEntry) => ({ path, size_bytes: sizeBytes, kind });
const ifMatch = z.object({ "If-Match": z.string().optional().meta({ description: "The ETag that the change was made from: a text changed since is merged three ways, or answered 409." }) });

export const fileRoutes = [
  route({
    method: "GET",
    path: "/projects/{id}/files",
    operationId: "listFiles",
    summary: "The project's files by path.",
    params: wire.projectParams,
    query: z.object(wire.page),
    answer: wire.fileList,
    async handle({ ctx, params, query }) {
      const project = await getProject(ctx, { idOrName: params.id });
      const all = await listFiles(ctx, { projectId: project.id });
      const after = query.page_token === undefined ? null : readToken(query.page_token);
      const take = query.max_results ?? limits.pageSizeMax;
      // By code unit on both sides: the database's own order depends on its locale.
      const sorted = all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      const rest = after === null ? sorted : sorted.filter((f) => f.path > after);
      const files = rest.slice(0, take);
      const last = files.at(-1);
      return { files: files.map(toWire), ...(rest.length > take && last ? { next_page_token: Buffer.from(`p:${last.path}`).toString("base64url") } : {}) };
    },
  }),
  route({
    method: "GET",
    path: "/projects/{id}/files/{path}",
    operationId: "readFile",
    summary: "A file's bytes as they stand, unsaved co-edits included.",
    params: wire.fileParams,
    answer: { description: "The bytes.", mediaType: "application/octet-stream", headers: { ETag: "Names this state of the file." } },
    async handle({ ctx, params, req, res }) {
      const at = await fileAt(ctx, params);
      const { file, stream, sizeBytes, etag } = await openFile(ctx, at);
      if (req.headers["if-none-match"]?.split(",").some((t) => t.trim() === etag)) {
        stream.destroy();
        res.writeHead(304, { ETag: etag, "Cache-Control": "no-cache" }).end();
        return;
      }
      res.writeHead(200, {
        // Never a type that a browser would run, and never shown as a page.
        "Content-Type": file.kind === "text" ? "text/plain; charset=utf-8" : "application/octet-stream",
        "Content-Length": sizeBytes,
        "Content-Disposition": contentDisposition(file.path.split("/").at(-1) ?? "file"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-cache",
        ETag: etag,
      });
      if (req.method === "HEAD") {
        stream.destroy();
        res.end();
        return;
      }
      await pipeline(stream, res);
    },
  }),
  route({
    method: "PUT",
    path: "/projects/{id}/files/{path}",
    operationId: "writeFile",
    summary: "Creates a file or replaces its bytes; an open document gets the smallest change.",
    params: wire.fileParams,
    requestHeaders: ifMatch,
    rawBody: { mediaTypes: ["application/octet-stream"], description: `The bytes, up to ${limits.fileBytes / 1024 / 1024} MB.` },
    answer: wire.fileAnswer,
    async handle({ ctx, params, req, res }) {
      checkPath(params.path);
      checkLength(req, limits.fileBytes, `'${params.path.slice(0, 200)}'`);
      const at = await fileAt(ctx, params);
      const match = req.headers["if-match"];
      const noneMatch = req.headers["if-none-match"];
      const { file, etag } = await writeFile(ctx, { ...at, bytes: req, ...(match ? { ifMatch: match.trim() } : {}), ...(noneMatch ? { ifNoneMatch: noneMatch.trim() } : {}) });
      res.setHeader("ETag", etag);
      return { file: toWire(file) };
    },
  }),
  route({
    method: "DELETE",
    path: "/projects/{id}/files/{path}",
    operationId: "deleteFile",
    summary: "Deletes a file, or a folder with what is in it; it can be restored on the project's page.",
    params: wire.fileParams,
    answer: wire.nothing,
    async handle({ ctx, params, req }) {
      const at = await fileAt(ctx, params);
      const match = req.headers["if-match"]?.trim();
      if (match && match !== "*") {
        const { etag, stream } = await openFile(ctx, at);
        stream.destroy();
        if (etag !== match) throw new DomainError("conflict", `'${at.path.slice(0, 200)}' was changed since the state that If-Match names. Read it again first.`);
      }
      await deleteFile(ctx, at);
      return {};
    },
  }),
];

async function fileAt(ctx: Parameters<typeof getProject>[0], { id, path }: { id: string; path: string }) {
  checkPath(path);
  const project = await getProject(ctx, { idOrName: id });
  return { projectId: project.id, path };
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith("p:")) throw invalid("page_token is not one that a list gave. Begin without it.", [{ field: "page_token", message: "Not a token of this list." }]);
  return text.slice(2);
}
