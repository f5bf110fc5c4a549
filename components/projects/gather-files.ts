/** A file on its way into a project; `path` is relative with "/" between parts. */
export type GatheredFile = { path: string; file: File };

const leftOut = /(^|\/)(\.git|__pycache__|node_modules|\.venv|\.DS_Store|\.ipynb_checkpoints|mlruns)(\/|$)/;

/** Files of an `<input type="file">`, also of a folder chosen there. */
export const filesOfInput = (list: FileList): GatheredFile[] =>
  [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })).filter((f) => !leftOut.test(f.path));

/** Files that were dropped, folders walked. Read at once: a drop's items are gone after the event. */
export async function filesOfDrop(items: DataTransferItemList): Promise<GatheredFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((e) => e !== null);
  const found = (await Promise.all(entries.map((e) => walk(e, "")))).flat();
  return found.filter((f) => !leftOut.test(f.path));
}

async function walk(entry: FileSystemEntry, before: string): Promise<GatheredFile[]> {
  const path = before + entry.name;
  if (leftOut.test(path)) return [];
  if (entry.isFile) return [{ path, file: await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail)) }];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileSystemEntry[] = [];
  // readEntries answers at most 100 at a time, and an empty list at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (part.length === 0) break;
    all.push(...part);
  }
  return (await Promise.all(all.map((e) => walk(e, `${path}/`)))).flat();
}

/** Without the folder that all of them share, and its name: a folder dropped whole is the project itself. */
export function withoutSharedFolder(files: GatheredFile[]): { files: GatheredFile[]; folder: string | null } {
  const first = files[0]?.path.split("/")[0];
  if (!first || !files.every((f) => f.path.startsWith(`${first}/`))) return { files, folder: null };
  return { files: files.map((f) => ({ ...f, path: f.path.slice(first.length + 1) })), folder: first };
}

/** The text, or null when the bytes are not UTF-8 text. */
export async function textOf(file: File): Promise<string | null> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
