import { expect, server, test } from "../support/story";

test("MLproject changes the cells and forms at once; a broken one says the line and the mend", async ({ owner, api }) => {
  const project = (text: string) => `name: shaped\nentry_points:\n  main:\n    parameters:\n      a: {type: int, default: 1}\n${text}    command: "python main.py --a {a}"\n`;
  await api.createProject("shaped", { MLproject: project(""), "main.py": "import click\n" });
  await owner.goto("/default/projects/shaped");
  const cell = owner.getByRole("region", { name: /^main/ });
  await expect(cell.getByLabel("a", { exact: true })).toHaveValue("1");

  // A colleague's script writes the file; the open page follows.
  const put = (text: string) => fetch(`${server().url}/api/2.0/flowbook/projects/shaped/files/MLproject`, { method: "PUT", headers: api.headers, body: text });
  expect((await put(project("      second: {type: float, default: 0.25}\n"))).ok).toBe(true);
  await expect(cell.getByLabel("second", { exact: true })).toHaveValue("0.25");

  // By hand, in the editor.
  const editor = owner.getByRole("region", { name: /^MLproject/ }).locator(".monaco-editor").first();
  await editor.locator(".view-lines").click();
  await owner.keyboard.press("Control+End");
  await owner.keyboard.type("  - broken");
  await expect(owner.getByText(/\d+ problems?/).first()).toBeVisible();
  await expect(owner.getByText(/line \d+/i).first()).toBeVisible();
});
