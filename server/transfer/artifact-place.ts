/** Where an address says that files lie. */
export type ArtifactPlace =
  /** Behind the tracking server: the path within its artifact store. */
  | { kind: "proxied"; path: string }
  | { kind: "local"; path: string }
  /** s3:, gs:, abfss:, …: clients read it by themselves, before and after. */
  | { kind: "elsewhere" };

export function placeOf(uri: string): ArtifactPlace {
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(uri);
  if (proxied) return { kind: "proxied", path: (proxied[1] ?? "").replace(/^\/+/, "") };
  if (/^file:/i.test(uri)) return { kind: "local", path: decode(uri.replace(/^file:(\/\/[^/]*)?/i, "")) };
  if (/^[a-z][a-z0-9+.-]*:/i.test(uri) && !/^[a-z]:[\\/]/i.test(uri)) return { kind: "elsewhere" };
  return { kind: "local", path: uri };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
