import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { env } from "@/server/env";

/** <repository>/node_modules/.cache/flowbook-tools/tools, filled by the start script's own code. */
export async function toolsCache(): Promise<string> {
  const dir = join(env().appDir, "node_modules", ".cache", "flowbook-tools");
  const { ensureTools } = (await import(pathToFileURL(join(env().appDir, "scripts", "tools.mjs")).href)) as { ensureTools: (dataDir: string) => Promise<unknown> };
  await ensureTools(dir);
  return join(dir, "tools");
}
