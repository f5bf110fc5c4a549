import { expect, server, test } from "../support/story";

test("the owner came in by a link that works once, sets a password, signs out and in again", async ({ owner, stranger }) => {
  await owner.goto("/");
  await expect(owner).toHaveURL(/\/default$/);
  const again = await stranger.newPage();
  await again.goto(server().ownerLink);
  await expect(again.getByRole("heading", { name: "This link has ended" })).toBeVisible();

  await owner.goto("/default/settings");
  await owner.getByLabel("Your name").fill("Amber");
  await owner.getByLabel("Name to sign in with").fill("amber");
  await owner.getByLabel("Password").fill("short");
  await owner.getByRole("button", { name: "Set password" }).click();
  await owner.getByLabel("Password").fill("a long sentence of words");
  await owner.getByRole("button", { name: "Set password" }).click();
  await expect(owner.getByRole("form", { name: "Change the password" })).toBeVisible();

  // Signing in elsewhere, so that the session of the other stories stays.
  await again.goto("/login?next=/default/experiments");
  await again.getByLabel("Name").fill("amber");
  await again.getByLabel("Password").fill("something else");
  await again.getByRole("button", { name: "Sign in" }).click();
  await expect(again.getByRole("alert").filter({ hasText: "do not go together" })).toBeVisible();
  await again.getByLabel("Password").fill("a long sentence of words");
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.waitForURL("**/default/experiments");
  await again.getByRole("link", { name: /Settings$/ }).click();
  await again.getByRole("button", { name: "Sign out" }).click();
  await expect(again).toHaveURL(/\/login$/);
  await again.goto("/default");
  await expect(again).toHaveURL(/\/login/);
});

test("an unknown page and an unknown run say so; someone without a session is sent to sign in", async ({ owner, stranger }) => {
  for (const path of ["/default/runs/0123456789abcdef0123456789abcdef", "/default/projects/nothing-here", "/nowhere/at/all"]) {
    const answer = await owner.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(owner.getByRole("heading", { level: 1 })).toBeVisible();
  }
  const page = await stranger.newPage();
  await page.goto("/default/projects/multistep");
  await expect(page).toHaveURL(/\/login/);
  await page.goto("/share/shr_0000000000000000000000000000000000000000");
  await expect(page.getByText("This link opens nothing").first()).toBeVisible();
});
