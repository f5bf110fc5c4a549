import yauzl from "yauzl";
import { limits } from "@/common/limits";
import { DomainError, invalid } from "@/server/errors";
import { type NewFile, pathProblem } from "../files";

/** What the unpacked files may hold together, and how much more than packed. */
const maxUnpackedBytes = 512 * 1024 * 1024;
const maxRatio = 200;

/**
 * The files of a zip. A path that leaves the project, a link, an encrypted entry or a bomb refuses the whole; a single folder
 * around everything is taken off, as are files that systems add (.git, __MACOSX, .DS_Store).
 *
 * @throws DomainError `invalid` that names the entry, `too_large` that names the limit.
 */
export async function readZip(zip: Buffer): Promise<NewFile[]> {
  if (zip.byteLength > limits.zipBytes) throw tooLarge(`The zip is larger than ${limits.zipBytes / 1024 / 1024} MB. Leave out data that steps can fetch.`);
  const archive = await openArchive(zip);
  if (archive.entryCount > limits.zipEntries) throw refused(`The zip has ${archive.entryCount} entries; up to ${limits.zipEntries} are taken.`);
  const files: NewFile[] = [];
  let total = 0;
  try {
    for await (const entry of entriesOf(archive)) {
      const name = entry.fileName;
      if (name.endsWith("/")) {
        checkEntryPath(name.slice(0, -1));
        continue;
      }
      if (isAddedBySystems(name)) continue;
      checkEntryPath(name);
      const unixMode = (entry.versionMadeBy >> 8) === 3 ? entry.externalFileAttributes >>> 16 : 0;
      const type = unixMode & 0o170000;
      if (type !== 0 && type !== 0o100000) throw refused(`'${clip(name)}' is a link or a device, which a project does not hold. Put a copy of the file in its place.`);
      if (entry.isEncrypted()) throw refused(`'${clip(name)}' is encrypted. Make the zip without a password.`);
      if (entry.uncompressedSize > limits.fileBytes) throw tooLarge(`'${clip(name)}' is larger than ${limits.fileBytes / 1024 / 1024} MB, the limit of one file.`);
      if (entry.uncompressedSize > 1024 * 1024 && entry.uncompressedSize > entry.compressedSize * maxRatio) throw refused(`'${clip(name)}' unpacks to more than ${maxRatio} times its size, so it is not unpacked.`);
      total += entry.uncompressedSize;
      if (total > maxUnpackedBytes) throw tooLarge(`The zip unpacks to more than ${maxUnpackedBytes / 1024 / 1024} MB. Leave out data that steps can fetch.`);
      files.push({ path: name, bytes: await bytesOf(archive, entry), isExecutable: (unixMode & 0o111) !== 0 });
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw refused(`The zip cannot be read: ${error instanceof Error ? error.message : "it is damaged"}`);
  } finally {
    archive.close();
  }
  return withoutOuterFolder(files);
}

function openArchive(zip: Buffer): Promise<yauzl.ZipFile> {
  return new Promise((done, fail) => {
    yauzl.fromBuffer(zip, { lazyEntries: true, decodeStrings: true, strictFileNames: true, validateEntrySizes: true }, (error, archive) => {
      if (archive) done(archive);
      else fail(refused(`The body is no zip that can be read: ${error?.message ?? "it is damaged"}`));
    });
  });
}

async function* entriesOf(archive: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  for (;;) {
    const entry = await new Promise<yauzl.Entry | null>((done, fail) => {
      const settle = (work: () => void) => {
        archive.removeAllListeners();
        work();
      };
      archive.once("entry", (next: yauzl.Entry) => settle(() => done(next)));
      archive.once("end", () => settle(() => done(null)));
      archive.once("error", (error: Error) => settle(() => fail(error)));
      archive.readEntry();
    });
    if (!entry) return;
    yield entry;
  }
}

async function bytesOf(archive: yauzl.ZipFile, entry: yauzl.Entry): Promise<Buffer> {
  const stream = await new Promise<NodeJS.ReadableStream>((done, fail) => archive.openReadStream(entry, (error, opened) => (opened ? done(opened) : fail(error))));
  const parts: Buffer[] = [];
  let size = 0;
  // The library's types say string or Buffer; without an encoding it is Buffer.
  for await (const part of stream as unknown as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > entry.uncompressedSize) throw refused(`'${clip(entry.fileName)}' holds more than it says. The zip is damaged.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function checkEntryPath(path: string) {
  const problem = pathProblem(path);
  if (problem && !isAddedBySystems(`${path}/`)) throw refused(`${problem} Nothing of the zip was taken.`);
}

const isAddedBySystems = (path: string) => /(^|\/)(\.git|__MACOSX)\//.test(path) || /(^|\/)(\.DS_Store|Thumbs\.db)$/.test(path);

/** GitHub and "compress folder" wrap everything in one folder. */
function withoutOuterFolder(files: NewFile[]): NewFile[] {
  const [outer] = files[0]?.path.split("/") ?? [];
  if (!outer || !files.every((f) => f.path.startsWith(`${outer}/`))) return files;
  const isProject = files.some((f) => f.path.slice(outer.length + 1).toLowerCase() === "mlproject");
  return isProject ? files.map((f) => ({ ...f, path: f.path.slice(outer.length + 1) })) : files;
}

const clip = (text: string) => text.slice(0, 200);
const refused = (message: string) => invalid(message, [{ field: "zip", message }]);
const tooLarge = (message: string) => new DomainError("too_large", message);
