import { z } from "zod";
import { deleteFile, listFiles, readFile, renameFile, restoreFile, writeFile } from "../domain/files";
import { procedure, router } from "./trpc";

const projectId = z.string().max(64);
const path = z.string().max(1024);
const fileId = z.object({ fileId: z.string().max(64) });

export const filesRouter = router({
  list: procedure.input(z.object({ projectId })).query(({ ctx, input }) => listFiles(ctx, input)),
  /** A text file's present text; null for a binary one, whose bytes come from the HTTP API. */
  text: procedure.input(z.object({ projectId, path })).query(async ({ ctx, input }) => {
    const { file, text } = await readFile(ctx, input);
    return { file, text };
  }),
  /** Makes a file that is not there yet, or replaces a text by the smallest difference. */
  write: procedure
    .input(z.object({ projectId, path, text: z.string() }))
    .mutation(({ ctx, input: { text, ...file } }) => writeFile(ctx, { ...file, bytes: Buffer.from(text, "utf8") })),
  rename: procedure.input(fileId.extend({ newPath: path })).mutation(({ ctx, input }) => renameFile(ctx, input)),
  delete: procedure.input(fileId).mutation(({ ctx, input }) => deleteFile(ctx, input)),
  restore: procedure.input(fileId).mutation(({ ctx, input }) => restoreFile(ctx, input)),
});
