import type { Page } from "@playwright/test";
import { expect, server, test } from "../support/story";

const editor = (page: Page) => page.locator(".monaco-editor").first();

async function caretTo(page: Page, where: "start" | "end") {
  await editor(page).locator(".view-lines").click();
  await page.keyboard.press(where === "start" ? "Control+Home" : "Control+End");
}

test("two people type in one file: nothing lost or doubled, names at cursors, undo of one's own, saved when stored", async ({ owner, stranger, api }) => {
  await api.createProject("together", { MLproject: "name: together\nentry_points:\n  main: {command: python train.py}\n", "train.py": "# top\nimport mlflow\n# bottom\n" });

  await owner.goto("/default/settings");
  await owner.getByLabel("Invite as").selectOption("editor");
  await owner.getByRole("button", { name: "Make an invitation" }).click();
  const link = await owner.getByTestId("invitation-link").innerText();
  const guest = await stranger.newPage();
  await guest.goto(link);
  await guest.getByLabel("Your name").fill("Teal");
  await guest.getByLabel("Name to sign in with").fill("teal");
  await guest.getByLabel("Password").fill("another long sentence");
  await guest.getByRole("button", { name: "Join" }).click();
  await expect(guest).toHaveURL(/\/default$/);

  for (const page of [owner, guest]) {
    await page.goto("/default/projects/together/files/train.py");
    await expect(editor(page)).toBeVisible();
    await expect(editor(page)).toContainText("# bottom");
  }
  await caretTo(owner, "start");
  await caretTo(guest, "end");
  const above = Array.from({ length: 12 }, (_, i) => `above ${i}`).join(" ");
  const below = Array.from({ length: 12 }, (_, i) => `below ${i}`).join(" ");
  await Promise.all([owner.keyboard.type(above, { delay: 12 }), guest.keyboard.type(below, { delay: 12 })]);

  const wanted = `${above}# top\nimport mlflow\n# bottom\n${below}`;
  const stored = async () => (await fetch(`${server().url}/api/2.0/flowbook/projects/together/files/train.py`, { headers: api.headers })).text();
  await expect.poll(stored).toBe(wanted);
  for (const page of [owner, guest]) {
    await expect(page.getByText(/^Saved/).first()).toBeVisible();
    await expect.poll(async () => (await editor(page).locator(".view-lines").innerText()).replace(/\u00a0/g, " ")).toContain(below.slice(-20));
  }
  await expect(owner.locator(".monaco-editor").getByText("Teal").first()).toBeAttached();

  // The owner's undo takes the owner's words away and leaves the colleague's.
  for (let i = 0; i < 12 && (await stored()).includes("above"); i++) {
    await owner.keyboard.press("Control+z");
    await expect.poll(stored).not.toBe(wanted);
  }
  await expect.poll(stored).toBe(`# top\nimport mlflow\n# bottom\n${below}`);
});
