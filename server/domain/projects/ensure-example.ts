import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { DomainError } from "@/server/errors";
import { log } from "@/server/log";
import { ensureDefaultExperiment } from "../experiments";
import { createProject } from "./create-project";

const settingKey = "example";
export const exampleName = "multistep";

/**
 * Makes the default experiment, and once the example project: what a person deleted or renamed does not come back.
 * Call it at start with a system ctx of the default workspace.
 */
export async function ensureExample(ctx: Ctx): Promise<void> {
  await ensureDefaultExperiment(ctx);
  if (!env().withExample || (await ctx.db.setting.findUnique({ where: { key: settingKey } }))) return;
  const folder = join(env().appDir, "examples", exampleName);
  const files = await filesBelow(folder);
  if (Object.keys(files).length === 0) return log.info({ folder }, "there is no example to make");
  try {
    await createProject(ctx, { name: exampleName, files });
  } catch (error) {
    if (!(error instanceof DomainError && error.kind === "already_exists")) throw error;
  }
  await ctx.db.setting.upsert({ where: { key: settingKey }, create: { key: settingKey, value: exampleName }, update: {} });
}

async function filesBelow(folder: string): Promise<Record<string, Buffer>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: Record<string, Buffer> = {};
  for (const name of names.sort()) {
    if (/(^|[\\/])(__pycache__|mlruns|\.git|\.venv|mlflow\.db)([\\/]|$)/.test(name)) continue;
    const path = join(folder, name);
    if ((await stat(path)).isFile()) files[relative(folder, path).split(sep).join("/")] = await readFile(path);
  }
  return files;
}
