import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkEnvironment } from "./check-environment";
import { readOutline } from "./outline";
import { applyEdits } from "./places";
import { renderCommand } from "./render-command";
import type { Problem } from "./types";

const filesOf = (folder: string) => {
  const path = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
  return readdirSync(path).map((name) => ({ path: name, text: readFileSync(`${path}${name}`, "utf8") }));
};
const seed = filesOf("e2e/fixtures/seed");
const outline = readOutline(seed);
const conda = { kind: outline.envKind, path: "conda.yaml", text: seed.find((file) => file.path === "conda.yaml")?.text ?? "" };
const told = (problems: Problem[]) => problems.map((each) => `${each.path}:${each.line} ${each.message}`);
const has = (problems: Problem[], path: string, line: number, ...words: string[]) => {
  const found = problems.find((each) => each.path === path && each.line === line && words.every((word) => each.message.includes(word)));
  expect(found, told(problems).join("\n")).toBeDefined();
  return found;
};

test("the seed's forms are right, in pipeline order", () => {
  expect(outline).toMatchObject({ name: "multistep", envKind: "conda", envPath: "conda.yaml" });
  expect(outline.entryPoints.map((each) => [each.name, each.sourceFile])).toEqual([["download", "download.py"], ["process", "process.py"], ["train", "train.py"], ["main", "main.py"]]);
  const main = outline.entryPoints.at(-1);
  expect(main?.parameters).toMatchObject([{ name: "input1", type: "int", kind: "int", default: "1000000", required: false }]);
  expect(main && renderCommand(main, {})).toBe("python main.py --input1 1000000");
  expect(outline.entryPoints[1]?.parameters).toMatchObject([{ name: "file_path", kind: "path", required: true }]);
});

test("the problems list names what is wrong in the seed", () => {
  const { problems } = outline;
  has(problems, "conda.yaml", 7, "'...' is no package");
  has(problems, "MLproject", 22, "--input1", "main.py", "--input");
  for (const [line, module] of [[2, "click"], [5, "mlflow"], [9, "os"]] as const) has(problems, "main.py", line, `'${module}' is used and never imported`);
  has(problems, "main.py", 14, "data_path_uri", "'download'", "process_run");
  has(problems, "MLproject", 12, "--file-path", "process.py");
  has(problems, "MLproject", 17, "--data-path", "train.py");
  for (const path of ["download.py", "process.py", "train.py"]) has(problems, path, 11, "output is still ...");
  expect(problems).toHaveLength(11);
});

test("the mends that are offered mend main.py", () => {
  const fixes = outline.problems.filter((each) => each.path === "main.py" && each.fix);
  const unique = new Map(fixes.map((each) => [each.fix?.title, each.fix?.edits ?? []]));
  const text = applyEdits("main.py", seed.find((file) => file.path === "main.py")?.text ?? "", [...unique.values()].flat());
  expect(text).toContain("import click\nimport mlflow\nimport os\n\n@click.command()");
  expect(text).toContain('data_path_uri = os.path.join(process_run.info.artifact_uri, "data_path")');
  const after = readOutline([...seed.filter((file) => file.path !== "main.py"), { path: "main.py", text }]);
  expect(after.problems.filter((each) => each.path === "main.py")).toEqual([]);
});

test("its pins cannot be had today: which lines, what can, and the change", () => {
  const problems = checkEnvironment(conda, { interpreters: ["3.13.0", "3.11.7", "3.12.1"] });
  const python = has(problems, "conda.yaml", 5, "Python 3.6 cannot be had", "3.11, 3.12 and 3.13");
  const tensorflow = has(problems, "conda.yaml", 9, "tensorflow 2.0.0", "Python 3.11", "3.7");
  expect(problems).toHaveLength(2);
  const text = applyEdits("conda.yaml", conda.text, [...(python?.fix?.edits ?? []), ...(tensorflow?.fix?.edits ?? [])]);
  expect(text).toBe(conda.text.replace("python=3.6", "python=3.11").replace("tensorflow==2.0.0", "tensorflow>=2.16"));
  expect(checkEnvironment({ ...conda, text }, { interpreters: ["3.11.7"] })).toEqual([]);
});

test("where Python 3.6 is installed nothing is wrong with the pins", () => {
  expect(checkEnvironment(conda, { interpreters: ["3.6.15", "3.11.7"] })).toEqual([]);
});

test("the example that ships is free of problems", () => {
  const files = filesOf("examples/multistep");
  const example = readOutline(files);
  expect(told(example.problems)).toEqual([]);
  expect(example.entryPoints.map((each) => each.name)).toEqual(["download", "process", "train", "main"]);
  const environment = files.find((file) => file.path === example.envPath);
  expect(checkEnvironment({ kind: example.envKind, path: "conda.yaml", text: environment?.text ?? "" }, { interpreters: ["3.10.13"] })).toEqual([]);
});
