import type { Ctx } from "@/server/ctx";
import { listFiles, readFile } from "@/server/domain/files";

const mostTextBytes = 200_000;
const mostTexts = 100;

/** The small texts of a project by path: what its page is made from. */
export async function projectTexts(ctx: Ctx, projectId: string): Promise<Record<string, string>> {
  const files = (await listFiles(ctx, { projectId })).filter((f) => f.kind === "text" && f.sizeBytes <= mostTextBytes).slice(0, mostTexts);
  const texts: Record<string, string> = {};
  await Promise.all(files.map(async ({ path }) => {
    const { text } = await readFile(ctx, { projectId, path });
    if (text !== null) texts[path] = text;
  }));
  return texts;
}
