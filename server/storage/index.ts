import { env } from "../env";
import { FileStore } from "./file-store";

export { type ByteRange, FileStore, type OpenedBytes, type RangeChoice, type StoredSize } from "./file-store";
export { checkKey } from "./keys";

let opened: FileStore | undefined;

/** The artifact store of this process, in the folder that FLOWBOOK_ARTIFACTS names. */
export function getStore(): FileStore {
  opened ??= new FileStore(env().artifactsDir);
  return opened;
}

/** The store by its verbs, for callers that need no instance of their own. */
export const store: Pick<FileStore, "put" | "open" | "exists" | "remove" | "size"> = {
  put: (key, source) => getStore().put(key, source),
  open: (key, range) => getStore().open(key, range),
  exists: (key) => getStore().exists(key),
  remove: (key) => getStore().remove(key),
  size: (key) => getStore().size(key),
};
