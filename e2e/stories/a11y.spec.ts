import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import type { apiOf } from "../support/api";
import { expect, test } from "../support/story";

const themes = ["light", "dark"] as const;
const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const screens = process.env.FLOWBOOK_SCREENS ? join(process.cwd(), "test-results", "screens") : null;

/** Colours that are still on their way would be judged half-way. */
const settled = (page: Page) =>
  page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== "running" || a.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY));

/** Looks at the page as it stands, in both themes; answers what axe calls serious or critical. */
async function faultsOf(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await settled(page);
    // Monaco's and xterm's insides are theirs; their frames and names are ours.
    const { violations } = await new AxeBuilder({ page }).exclude(".monaco-editor").exclude(".xterm").analyze();
    for (const v of violations.filter((v) => v.impact === "serious" || v.impact === "critical")) {
      faults.push(...v.nodes.map((n) => `${name}, ${colorScheme}: ${v.id} at ${n.target.join(" ")}: ${n.failureSummary?.split("\n")[1]?.trim() ?? v.help}`));
    }
    if (screens) await takeScreens(page, `${name}-${colorScheme}`, screens);
  }
  return faults;
}

async function takeScreens(page: Page, name: string, folder: string) {
  mkdirSync(folder, { recursive: true });
  for (const size of Object.values(widths)) {
    await page.setViewportSize(size);
    // As tall as the page, so that what sticks to the window's edge stands where it belongs.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: size.width, height: Math.max(size.height, height) });
    await settled(page);
    await page.screenshot({ path: join(folder, `${name}-${size.width}.png`), fullPage: true });
  }
  await page.setViewportSize(widths.wide);
}

async function aRun(api: ReturnType<typeof apiOf>) {
  const { experiment_id } = await api.call<{ experiment_id: string }>("POST", "/api/2.0/mlflow/experiments/create", { name: `looked at ${Date.now()}` });
  const { run } = await api.call<{ run: { info: { run_id: string } } }>("POST", "/api/2.0/mlflow/runs/create", { experiment_id, run_name: "looked-at", start_time: Date.now() - 9_000, tags: [{ key: "team", value: "blue" }] });
  const run_id = run.info.run_id;
  await api.call("POST", "/api/2.0/mlflow/runs/log-batch", {
    run_id, params: [{ key: "lr", value: "0.1" }, { key: "seed", value: "7" }],
    metrics: ["rmse", "val_rmse"].flatMap((key) => [1, 2, 3, 4, 5].map((step) => ({ key, value: 9 / step, step, timestamp: Date.now() }))),
  });
  await api.call("POST", "/api/2.0/mlflow/runs/update", { run_id, status: "FINISHED", end_time: Date.now() });
  return { run_id, experiment_id };
}

test("no page has a serious fault for people with other eyes or hands, light and dark", async ({ owner, stranger, api }) => {
  const { run_id, experiment_id } = await aRun(api);
  const faults: string[] = [];
  const look = async (page: Page, name: string, path: string, isReady: (page: Page) => Promise<void>) => {
    await page.goto(path);
    await isReady(page);
    faults.push(...(await faultsOf(page, name)));
  };
  await look(owner, "home", "/default", (p) => expect(p.getByRole("region", { name: "Table of projects" }).getByRole("link", { name: "multistep" })).toBeVisible());
  await look(owner, "notebook", "/default/projects/multistep", async (p) => {
    await expect(p.getByRole("region", { name: /^main/ }).getByRole("button", { name: "Run main" })).toBeVisible();
    await expect(p.locator(".monaco-editor .view-line").first()).toBeVisible();
  });
  await look(owner, "launch", "/default/projects/multistep/launch/main", (p) => expect(p.getByLabel("input1", { exact: true })).toBeVisible());
  await look(owner, "run", `/default/runs/${run_id}`, async (p) => {
    await expect(p.getByLabel("Facts of this run").getByText("val_rmse").first()).toBeVisible();
    await expect(p.locator("canvas").first()).toBeVisible();
  });
  await look(owner, "experiment", `/default/experiments/${experiment_id}`, (p) => expect(p.getByRole("table", { name: "Runs" }).getByText("looked-at")).toBeVisible());
  await look(owner, "settings", "/default/settings", (p) => expect(p.getByRole("button", { name: "Make an invitation" })).toBeVisible());
  await look(await stranger.newPage(), "sign-in", "/login", (p) => expect(p.getByRole("button", { name: "Sign in" })).toBeVisible());
  expect(faults.join("\n")).toBe("");
});
