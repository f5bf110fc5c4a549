import { z } from "zod";
import { deleteFile, listFiles, readFile, renameFile, restoreFile, writeFile } from "../domain/files";
import { procedure, router } from "./trpc";

const projectId = z.string().max(64);
const path = z.string().max(1024);
const fileId = z.object({ fileId: z.string().max(64) });

const mostTextBytes = 200_000;
const mostTexts = 100;

export const filesRouter = router({
  list: procedure.input(z.object({ projectId })).query(({ ctx, input }) => listFiles(ctx, input)),
  /** A text file's present text; null for a binary one, whose bytes come from the HTTP API. */
  text: procedure.input(z.object({ projectId, path })).query(async ({ ctx, input }) => {
    const { file, text } = await readFile(ctx, input);
    return { file, text };
  }),
  /** The texts that a project's page is made from: small ones, by path. */
  texts: procedure.input(z.object({ projectId })).query(async ({ ctx, input }) => {
    const files = (await listFiles(ctx, input)).filter((f) => f.kind === "text" && f.sizeBytes <= mostTextBytes).slice(0, mostTexts);
    const texts = await Promise.all(files.map(async (f) => [f.path, (await readFile(ctx, { ...input, path: f.path })).text] as const));
    return Object.fromEntries(texts.filter((t): t is readonly [string, string] => t[1] !== null));
  }),
  /** Makes a file that is not there yet, or replaces a text by the smallest difference. */
  write: procedure
    .input(z.object({ projectId, path, text: z.string() }))
    .mutation(({ ctx, input: { text, ...file } }) => writeFile(ctx, { ...file, bytes: Buffer.from(text, "utf8") })),
  rename: procedure.input(fileId.extend({ newPath: path })).mutation(({ ctx, input }) => renameFile(ctx, input)),
  delete: procedure.input(fileId).mutation(({ ctx, input }) => deleteFile(ctx, input)),
  restore: procedure.input(fileId).mutation(({ ctx, input }) => restoreFile(ctx, input)),
});
