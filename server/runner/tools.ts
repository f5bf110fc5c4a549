import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "@/server/env";
import type { Tools } from "./sandbox-types";

/** What the start script found or installed; read anew each time, as another start may have mended it. */
export function readTools(dataDir: string = env().dataDir): Tools {
  const missing = "it was never looked for: start by `npm start`, or run `node scripts/tools.mjs`";
  try {
    // Written by scripts/tools.mjs of the same version.
    return JSON.parse(readFileSync(join(dataDir, "tools", "tools.json"), "utf8")) as Tools;
  } catch {
    return { uv: null, bwrap: null, bwrapRoot: null, launcher: null, reasons: { uv: missing, bwrap: missing, launcher: missing }, interpreters: [], packages: { indexUrl: null, extraIndexUrls: [], findLinks: [], trustedHosts: [], certFile: null, uvConfig: null } };
  }
}
