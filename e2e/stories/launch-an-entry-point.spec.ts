import { expect, test } from "../support/story";

test("set input1 in the form of main, run it, watch the nested runs, read the run's page", async ({ owner }) => {
  test.setTimeout(240_000);
  await owner.goto("/default/projects/multistep");
  const cell = owner.getByRole("region", { name: /^main/ });
  const form = cell.getByRole("group", { name: "Parameters of main" }).or(cell.getByLabel("Parameters of main"));
  await form.getByLabel("input1").fill("700");
  await form.getByLabel("epochs").fill("9");
  await expect(cell.getByText("--input1 700")).toBeVisible();
  await cell.getByRole("button", { name: "Run main" }).click();
  await expect(cell.getByText(/Queued|Preparing|Running/).first()).toBeVisible();
  await expect(cell.getByText("Running").first()).toBeVisible({ timeout: 120_000 });
  const nested = cell.getByLabel("Nested runs");
  await expect(nested.getByText("download")).toBeVisible({ timeout: 60_000 });
  await cell.getByRole("link", { name: "Run page" }).click();

  await expect(owner.getByRole("heading", { level: 1, name: /^main / })).toBeVisible();
  await expect(owner.getByText(/exit code 0/).first()).toBeVisible({ timeout: 150_000 });
  await expect(owner.getByText("Finished").first()).toBeVisible();
  await expect(owner.getByRole("group", { name: "Command" })).toContainText("python main.py --input1 700");
  const steps = owner.getByRole("region", { name: "Steps" });
  for (const name of ["download", "process", "train"]) await expect(steps.getByText(name, { exact: true })).toBeVisible();
  const facts = owner.getByLabel("Facts of this run");
  await expect(facts.getByText("val_rmse").first()).toBeVisible();
  await expect(facts.getByText("700", { exact: true })).toBeVisible();
  const log = owner.getByRole("region", { name: /^Log/ });
  await expect(log).toContainText("Launching 'train'");
  await owner.reload();
  await expect(log).toContainText("Launching 'download'");
  await expect(log).toContainText("Launching 'train'");

  await owner.getByText("forecast.png").first().click();
  await expect(owner.getByRole("img", { name: /forecast\.png/ })).toBeVisible();
  await owner.getByRole("link", { name: "Run again" }).click();
  await expect(owner).toHaveURL(/launch\/main\?.*input1=700/);
  await expect(owner.getByLabel("input1", { exact: true })).toHaveValue("700");
});

test("a value that is no number is refused with the mend, and Stop ends a step", async ({ owner, api }) => {
  await api.createProject("sleeper", { MLproject: "name: sleeper\nentry_points:\n  main:\n    parameters:\n      n: {type: float, default: 1.5}\n    command: echo {n} && sleep 600\n" });
  await owner.goto("/default/projects/sleeper");
  const cell = owner.getByRole("region", { name: /^main/ });
  await cell.getByLabel("n", { exact: true }).fill("0,5");
  await cell.getByRole("button", { name: "Run main" }).click();
  await expect(cell.getByText(/Write 0\.5/)).toBeVisible();
  await cell.getByLabel("n", { exact: true }).fill("0.5");
  await cell.getByRole("button", { name: "Run main" }).click();
  await cell.getByRole("link", { name: "Run page" }).click();
  await owner.getByRole("button", { name: "Stop" }).click({ timeout: 60_000 });
  await expect(owner.getByText("Stopped").first()).toBeVisible({ timeout: 30_000 });
});
