import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { findBrowser } from "../../scripts/test-browser.mjs";
import { startServer } from "./server";

/** One server with accounts for all stories, and the owner signed in by the one-time link. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  // For writing stories: a server that runs already, as the JSON that is written below.
  if (process.env.FLOWBOOK_E2E_SERVER) return undefined;
  const server = await startServer();
  const folder = join(process.cwd(), "test-results");
  mkdirSync(folder, { recursive: true });
  const executablePath = findBrowser();
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.ownerLink ?? "");
  await context.storageState({ path: join(folder, "owner.json") });
  await browser.close();
  writeFileSync(join(folder, "server.json"), JSON.stringify({ url: server.url, token: server.token, ownerLink: server.ownerLink, dataDir: server.dataDir }));
  return () => server.stop();
}
