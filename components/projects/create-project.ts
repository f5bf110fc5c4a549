import { trpc } from "@/components/trpc";
import { type GatheredFile, textOf } from "./gather-files";
import { createFromZip, putFile } from "./http-api";

/** Texts up to here go along with the project's making; the rest follows file by file. */
const firstBytes = 6 * 1024 * 1024;

/** Makes a project from chosen files, or from the one zip among them. `onStep` tells what is done now. */
export async function createFromFiles(name: string, files: GatheredFile[], onStep: (words: string) => void): Promise<{ id: string; name: string }> {
  const only = files.length === 1 ? files[0] : undefined;
  if (only && /\.zip$/i.test(only.path)) {
    onStep(`Sending ${only.path}`);
    return createFromZip(name, only.file);
  }
  const texts: Record<string, string> = {};
  const later: GatheredFile[] = [];
  let size = 0;
  for (const f of files) {
    const text = f.file.size < 2 * 1024 * 1024 && size + f.file.size < firstBytes ? await textOf(f.file) : null;
    if (text === null) later.push(f);
    else {
      texts[f.path] = text;
      size += f.file.size;
    }
  }
  onStep(`Making the project ${name}`);
  const project = await trpc.projects.create.mutate({ name, files: texts });
  for (const [at, f] of later.entries()) {
    onStep(`Sending ${f.path}, ${at + 1} of ${later.length}`);
    await putFile(project.id, f.path, f.file);
  }
  return project;
}

/** A copy of another project's texts as they are now. */
export async function textsOfProject(projectId: string): Promise<Record<string, string>> {
  const files = await trpc.files.list.query({ projectId });
  const texts: Record<string, string> = {};
  await Promise.all(files.filter((f) => f.kind === "text").map(async (f) => {
    const { text } = await trpc.files.text.query({ projectId, path: f.path });
    if (text !== null) texts[f.path] = text;
  }));
  return texts;
}
