import { Readable } from "node:stream";
import yazl from "yazl";
import type { Ctx } from "@/server/ctx";
import { requireProject } from "../files";
import { treeOfProject } from "./tree-of-project";

/** All files as a zip, original line endings restored; what is made here runs the same elsewhere. @throws DomainError `not_found`, `forbidden`. */
export async function exportZip(ctx: Ctx, { projectId }: { projectId: string }): Promise<Readable> {
  await requireProject(ctx, projectId, "view");
  const zip = new yazl.ZipFile();
  for (const { path, bytes, isExecutable } of await treeOfProject(ctx, projectId)) {
    zip.addBuffer(bytes, path, { mtime: ctx.now(), mode: isExecutable ? 0o100755 : 0o100644 });
  }
  zip.end();
  return Readable.from(zip.outputStream as AsyncIterable<Buffer>, { objectMode: false });
}
