import { expect, test } from "../support/story";

test("an experiment's runs arrive live, are filtered in MLflow's language, and compare by their differences", async ({ owner, api }) => {
  const { experiment_id } = await api.call<{ experiment_id: string }>("POST", "/api/2.0/mlflow/experiments/create", { name: "outside scripts" });
  const log = async (name: string, lr: string, rmse: number) => {
    const { run } = await api.call<{ run: { info: { run_id: string } } }>("POST", "/api/2.0/mlflow/runs/create", { experiment_id, run_name: name, start_time: Date.now() });
    await api.call("POST", "/api/2.0/mlflow/runs/log-batch", {
      run_id: run.info.run_id, params: [{ key: "lr", value: lr }, { key: "seed", value: "7" }],
      metrics: [1, 2, 3].map((step) => ({ key: "rmse", value: rmse / step, step, timestamp: Date.now() })),
    });
    await api.call("POST", "/api/2.0/mlflow/runs/update", { run_id: run.info.run_id, status: "FINISHED", end_time: Date.now() });
    return run.info.run_id;
  };
  await log("first-try", "0.1", 9);
  await owner.goto(`/default/experiments/${experiment_id}`);
  const table = owner.getByRole("table", { name: "Runs" });
  await expect(table.getByText("first-try")).toBeVisible();

  // A run of an ordinary script shows without a reload; new rows may wait behind a button.
  await log("second-try", "0.2", 6);
  await expect(async () => {
    const waiting = owner.getByRole("button", { name: /new run/ });
    if (await waiting.isVisible()) await waiting.click();
    await expect(table.getByText("second-try")).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 15_000 });

  const filter = owner.getByLabel("Filter runs");
  await filter.fill("metrics.rmse < 2.5 and params.lr = '0.2'");
  await filter.press("Enter");
  await expect(table.getByText("first-try")).toHaveCount(0);
  await expect(table.getByText("second-try")).toBeVisible();
  await filter.fill("metrics.rmse <");
  await filter.press("Enter");
  await expect(owner.locator(".field__e, [role=alert]").first()).toBeVisible();
  await filter.fill("");
  await filter.press("Enter");

  await owner.getByLabel("Select first-try").check();
  await owner.getByLabel("Select second-try").check();
  await owner.getByLabel("Selected runs").getByText("Compare").click();
  await expect(owner).toHaveURL(/\/compare\?runs=/);
  await expect(owner.getByText("lr", { exact: true }).first()).toBeVisible();
  await expect(owner.getByText("0.1", { exact: true }).first()).toBeVisible();
  await expect(owner.getByText("0.2", { exact: true }).first()).toBeVisible();
});
