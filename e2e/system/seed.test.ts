import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { apiOf } from "../support/api";

const { url } = inject("server");
const api = apiOf(url);

type Outline = {
  entry_points: { name: string; parameters: { name: string; default?: string; required: boolean; type: string }[] }[];
  problems: { path: string; severity: string; message: string; line?: number }[];
};

test("the seed, word for word: its page opens, its forms are right, and what is wrong in it is named", async () => {
  const folder = "e2e/fixtures/seed";
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const { id } = await api.createProject("seed", files);
  const { entry_points, problems } = await api.call<Outline>("GET", `/api/2.0/flowbook/projects/${id}`);
  expect(entry_points.map((e) => e.name)).toEqual(["download", "process", "train", "main"]);
  expect(entry_points.find((e) => e.name === "main")?.parameters).toMatchObject([{ name: "input1", type: "int", default: "1000000", required: false }]);
  const said = problems.map((p) => `${p.path}:${p.line} ${p.message}`).join("\n");
  for (const wanted of [/conda\.yaml:\d+ .*\.\.\./, /--input1, and main\.py takes --input/, /mlflow/, /\bos\b/, /data_path/]) expect(said).toMatch(wanted);
  expect((await fetch(`${url}/default/projects/seed`)).status).toBe(200);
});
