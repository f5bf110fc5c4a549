// Brings packages, tools, the Prisma client and the build up to date; `npm start`, `npm test` and CI all come by here.
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { missingRequirements } from "./requirements.mjs";
import { hashOf, makeProgress, run, stage } from "./stages.mjs";
import { ensureTools } from "./tools.mjs";

export const appDir = dirname(dirname(fileURLToPath(import.meta.url)));
export const dataDir = () => resolve(appDir, process.env.FLOWBOOK_DATA || "data");

const buildInputs = ["app", "components", "common", "server", "prisma", "public", "next.config.mjs", "tsconfig.json", "package-lock.json", "scripts/build.mjs"];

/**
 * @param {{progress: ReturnType<typeof makeProgress>, withBuild?: boolean}} options
 * @returns {Promise<{tools: Promise<void>}>} `tools` is done when tools.json is as the machine is now.
 */
export async function setUp({ progress, withBuild = true }) {
  const data = dataDir();
  mkdirSync(join(data, "logs"), { recursive: true });
  const logFile = join(data, "logs", "setup.log");
  const modulesStamp = join(appDir, "node_modules", ".flowbook", "packages");
  const missing = missingRequirements({ needsCompiler: !existsSync(modulesStamp) });
  if (missing.length) throw Object.assign(new Error(`Flowbook needs what this machine does not have:\n${missing.map((m) => `  - ${m}`).join("\n")}`), { isPlain: true });

  await stage(progress, {
    name: "Installing packages", done: "Packages installed", stamp: modulesStamp, hash: hashOf(appDir, ["package-lock.json"]),
    work: () => run("npm", ["ci", "--include=dev"], { cwd: appDir, logFile, onLine: progress.detail, env: { ...process.env, NODE_ENV: "development" } }),
  });
  await stage(progress, {
    name: "Writing the database client", done: "Database client written", stamp: join(appDir, "generated", ".stamp"), hash: hashOf(appDir, ["prisma/schema.prisma", "package-lock.json"]),
    work: () => run(process.execPath, ["scripts/generate.mjs"], { cwd: appDir, logFile }),
  });
  // Known tools are looked at again beside the start of the database: they rarely change, and steps need them later than that.
  const isKnown = existsSync(join(data, "tools", "tools.json"));
  const tools = ensureTools(data, { log: isKnown ? () => {} : progress.detail }).then((found) => {
    for (const [name, reason] of Object.entries(found.reasons ?? {})) progress.say(`${name} cannot be had: ${reason}`);
  });
  if (!isKnown) {
    progress.stage("Looking for uv and bubblewrap");
    await tools;
    progress.done("Tools found");
  }
  if (withBuild) {
    await stage(progress, {
      name: "Building pages and server", done: "Pages and server built", stamp: join(appDir, "dist", ".stamp"), hash: hashOf(appDir, buildInputs),
      work: () => run(process.execPath, ["scripts/build.mjs"], { cwd: appDir, logFile, onLine: progress.detail }),
    });
  }
  return { tools };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const progress = makeProgress();
  setUp({ progress, withBuild: !process.argv.includes("--no-build") }).then(({ tools }) => tools).catch((error) => {
    progress.fail(error.message);
    process.exit(1);
  });
}
