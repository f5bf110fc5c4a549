// The browser of the stories: Chromium on PATH, else Debian's package where this user may install it, else Playwright's own download.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { appDir } from "./setup.mjs";
import { run } from "./stages.mjs";

export function findBrowser() {
  if (process.env.FLOWBOOK_TEST_BROWSER) return process.env.FLOWBOOK_TEST_BROWSER;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) if (existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

export async function ensureBrowser({ progress }) {
  if (findBrowser()) return;
  progress.stage("Getting a browser for the stories");
  const isDebian = existsSync("/etc/debian_version") && /^(ID|ID_LIKE)=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));
  if (isDebian && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update"], { cwd: appDir, env, onLine: progress.detail });
    await run("apt-get", ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"], { cwd: appDir, env, onLine: progress.detail });
  }
  if (!findBrowser()) {
    const r = spawnSync(process.execPath, ["node_modules/@playwright/test/cli.js", "install", "chromium"], { cwd: appDir, stdio: "inherit" });
    if (r.status !== 0) throw new Error("No browser could be had for the stories. Install Chromium, or set FLOWBOOK_TEST_BROWSER to one.");
  }
  progress.done("Browser found");
}
