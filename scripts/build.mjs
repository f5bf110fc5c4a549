// Builds dist/ (supervisor, web, runner, shim, as bundles that leave packages outside) and .next/ (pages).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { build } from "esbuild";

export const entryPoints = {
  main: "server/main.ts",
  web: "server/entry/web.ts",
  runner: "server/entry/runner.ts",
  shim: "server/shim/main.ts",
  "owner-link": "server/entry/owner-link.ts",
};

export async function buildServer() {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entryPoints).filter(([, file]) => existsSync(file))),
    outdir: "dist", outExtension: { ".js": ".mjs" }, bundle: true, format: "esm", platform: "node", target: "node20", packages: "external", sourcemap: true, sourcesContent: false, logLevel: "warning",
  });
}

await buildServer();
if (!process.argv.includes("--server-only")) {
  const r = spawnSync(process.execPath, ["node_modules/next/dist/bin/next", "build"], { stdio: "inherit", env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" } });
  if (r.status !== 0) process.exit(r.status ?? 1);
}
