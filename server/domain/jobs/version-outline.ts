import { extract } from "tar-stream";
import { limits } from "@/common/limits";
import { type Outline, readOutline } from "@/common/mlproject";
import { store } from "@/server/storage";

const known = new Map<string, Outline>();
const knownMax = 50;

/** The outline of a frozen tree; the tree of a hash never changes. */
export async function outlineOfTree(treeHash: string): Promise<Outline> {
  const hit = known.get(treeHash);
  if (hit) return hit;
  const files: { path: string; text: string | null }[] = [];
  const { stream } = await store.open(`_flowbook/trees/${treeHash}.tar`);
  const entries = stream.pipe(extract());
  stream.on("error", (error) => entries.destroy(error));
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    if (type !== "file" || (size ?? 0) > limits.liveTextBytes) {
      entry.resume();
      if (type === "file") files.push({ path: name.replace(/^\.\//, ""), text: null });
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    files.push({ path: name.replace(/^\.\//, ""), text: bytes.includes(0) ? null : bytes.toString("utf8") });
  }
  const outline = readOutline(files);
  if (known.size >= knownMax) known.delete(known.keys().next().value ?? "");
  known.set(treeHash, outline);
  return outline;
}
