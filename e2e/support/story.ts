import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { apiOf } from "./api";

/** The server that global-setup.ts started. */
export const server = () => JSON.parse(readFileSync(join(process.cwd(), "test-results", "server.json"), "utf8")) as { url: string; token: string; ownerLink: string; dataDir: string };

type Fixtures = {
  /** The owner's page, signed in. */
  owner: Page;
  api: ReturnType<typeof apiOf>;
  /** A browser of someone else, without a session. */
  stranger: BrowserContext;
};

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => use(server().url),
  owner: async ({ browser }, use) => {
    const context = await browser.newContext({ baseURL: server().url, storageState: join(process.cwd(), "test-results", "owner.json") });
    const page = await context.newPage();
    await use(page);
    await context.close();
  },
  api: async ({}, use) => use(apiOf(server().url, server().token)),
  stranger: async ({ browser }, use) => {
    const context = await browser.newContext({ baseURL: server().url });
    await use(context);
    await context.close();
  },
});
export { expect };
