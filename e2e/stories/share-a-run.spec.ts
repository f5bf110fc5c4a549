import { expect, server, test } from "../support/story";

test("a view-only link shows the run live to a browser without a session, and closes when revoked", async ({ owner, stranger, api }) => {
  await api.createProject("talking", { MLproject: "name: talking\nentry_points:\n  main: {command: \"python3 main.py\"}\n", "main.py": "import time\nfor i in range(400):\n    print('tick', i, flush=True)\n    time.sleep(0.25)\n" });
  const launch = await api.launch("talking", {});
  await api.inState(launch.id, "running");
  await owner.goto(`/default/runs/${launch.run_id}`);
  await owner.getByRole("button", { name: "Share" }).click();
  await owner.getByRole("button", { name: "Create link" }).click();
  const url = await owner.locator("#share-made").inputValue();
  expect(url).toMatch(/\/share\/[\w-]{20,}$/);

  const page = await stranger.newPage();
  await page.goto(url);
  const log = page.getByRole("region", { name: /^Log/ });
  await expect(log).toContainText(/tick \d+/);
  const last = async () => Math.max(...[...(await log.innerText()).matchAll(/tick (\d+)/g)].map((m) => Number(m[1])));
  const seen = await last();
  await expect.poll(last).toBeGreaterThan(seen);
  for (const name of ["Stop", "Share", "Run again"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
  // The link opens this one thing only.
  expect((await page.goto("/default/experiments"))?.url()).toMatch(/\/login/);
  expect((await page.request.post(`${server().url}/api/2.0/flowbook/launches/${launch.id}/stop`)).status()).toBeGreaterThanOrEqual(401);
  await page.goto(url);
  await expect(log).toContainText(/tick \d+/);

  await owner.getByRole("button", { name: /^Revoke/ }).first().click();
  await expect(page.getByText("This link opens nothing").first()).toBeVisible({ timeout: 5_000 });
  expect((await page.goto(url))?.status()).toBe(404);
  await api.call("POST", `/api/2.0/flowbook/launches/${launch.id}/stop`, {});
});
