import { defineConfig } from "@playwright/test";
import { findBrowser } from "./scripts/test-browser.mjs";

const executablePath = findBrowser();

export default defineConfig({
  testDir: "e2e/stories",
  testMatch: "*.spec.ts",
  outputDir: "test-results/stories",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/stories.json" }]],
  globalSetup: "./e2e/support/global-setup.ts",
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"] },
  },
});
