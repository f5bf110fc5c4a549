import { describe, expect, test } from "vitest";
import { checkEnvironment } from "./check-environment";
import { readOutline } from "./outline";
import type { Problem } from "./types";

function problemsOf(command: string, source: string, more = ""): Problem[] {
  return readOutline([
    { path: "MLproject", text: `entry_points:\n  main:\n    command: ${JSON.stringify(command)}\n${more}` },
    { path: "x.py", text: source },
  ]).problems;
}
const messages = (problems: Problem[]) => problems.map((problem) => problem.message).join("\n");

const click = 'import click\n@click.command()\n@click.option("--alpha", "-a", type=float)\n@click.option("--verbose/--quiet")\n@click.option("--must", required=True)\ndef task(**kwargs): pass\n';

describe("options", () => {
  test("known ones pass, in every spelling", () => {
    expect(problemsOf("python x.py --alpha=1 --quiet --must 2", click)).toEqual([]);
  });
  test("an unknown one is named with what was meant", () => {
    const [problem] = problemsOf("python x.py --alhpa 1 --must 2", click);
    expect(problem).toMatchObject({ severity: "error", line: 3, column: 27, fix: { title: "Write --alpha" } });
  });
  test("a required one that is not passed", () => {
    expect(messages(problemsOf("python x.py --alpha 1", click))).toContain("requires --must");
  });
  test("argparse takes the beginning of a name", () => {
    const source = 'import argparse\np = argparse.ArgumentParser()\np.add_argument("--learning-rate")\n';
    expect(problemsOf("python x.py --learn 1", source)).toEqual([]);
    expect(messages(problemsOf("python x.py --epochs 1", source))).toContain("--epochs");
  });
  test.each([
    ["options made in a loop", 'import click\n@click.command()\n@common_options\ndef t(): pass\n'],
    ["a name that is computed", 'import argparse\np = argparse.ArgumentParser()\nfor n in names: p.add_argument("--" + n)\n'],
    ["unknown ones allowed", 'import argparse\np = argparse.ArgumentParser()\np.parse_known_args()\n'],
    ["no parser", "import sys\nprint(sys.argv)\n"],
    ["another parser", "import fire\nfire.Fire()\n"],
  ])("silent with %s", (_, source) => expect(problemsOf("python x.py --a 1", source)).toEqual([]));
});

describe("imports", () => {
  test.each([
    "import os.path\nos.path.join()\n", "import numpy as np\nnp.a\n", "from a import *\nos.x\n", "def f(json):\n  json.x\n", "try:\n  import json\nexcept ImportError: json = None\njson.x\n",
    "for os in x: os.y\n", "with a() as time: time.x\n", "x.os.path\n", '"""os.path"""\n# os.path\n', "(click, mlflow) = load()\nclick.x\nmlflow.y\n", "if (re := 1): re.x\n", "f = lambda os: os.x\n",
  ])("silent for %j", (source) => expect(problemsOf("python x.py", source)).toEqual([]));
  test("placed after the docstring, before other imports", () => {
    const [problem] = problemsOf("python x.py", '"""Doc."""\nfrom __future__ import annotations\nimport sys\nos.getcwd()\nnp.zeros(1)\n');
    expect(problem).toMatchObject({ line: 4, column: 1, fix: { edits: [{ startLine: 3, startColumn: 1, text: "import numpy as np\nimport os\n" }] } });
  });
});

describe("the wrong run", () => {
  const main = (third: string, after = "") =>
    `import mlflow, os\na = mlflow.run(".", "one")\na = c().get_run(a.run_id)\nu = os.path.join(a.info.artifact_uri, "x")\nb = mlflow.run(".", "two", parameters={"p": u})\nb = c().get_run(b.run_id)\nv = os.path.join(${third}.info.artifact_uri, "y")\nd = mlflow.run(".", "three", parameters={"q": v})\n${after}`;
  const steps = '  one: {command: "x"}\n  two:\n    parameters: {p: path}\n    command: "x {p}"\n  three:\n    parameters: {q: path}\n    command: "x {q}"\n';
  test("named, with the change", () => {
    const [problem] = problemsOf("python x.py", main("a"), steps);
    expect(problem).toMatchObject({ severity: "warning", line: 7, column: 18, fix: { title: "Take it from b" } });
  });
  test.each([["the right one", main("b")], ["the other is read later", main("a", "print(b.data.metrics)\n")], ["read in an f-string", main("a", 'print(f"{b.info.status}")\n')]])("silent for %s", (_, source) => {
    expect(problemsOf("python x.py", source, steps)).toEqual([]);
  });
});

describe("launches from a script", () => {
  const steps = '  process:\n    parameters: {file_path: path}\n    command: "x {file_path}"\n';
  test("an unknown entry point", () => {
    expect(messages(problemsOf("python x.py", 'import mlflow\nmlflow.run(".", "proces", parameters=p)\n', steps))).toContain("Did you mean 'process'?");
  });
  test("a required parameter that is not given", () => {
    expect(messages(problemsOf("python x.py", 'import mlflow\nmlflow.run(uri=".", entry_point="process", parameters={"path": 1})\n', steps))).toContain("'file_path'");
    expect(problemsOf("python x.py", 'import mlflow\nmlflow.run(".", "process", parameters={**p})\nmlflow.run(u, "other")\nmlflow.run(".", "x.py")\n', steps)).toEqual([]);
  });
  test("main's calls give the pipeline's order", () => {
    const { entryPoints } = readOutline([
      { path: "MLproject", text: 'entry_points:\n  main: {command: "python x.py"}\n  lint: {command: "l"}\n  train: {command: "t"}\n  get: {command: "g"}\n' },
      { path: "x.py", text: 'import mlflow\nmlflow.run(".", "get")\nmlflow.projects.run(".", entry_point="train")\n' },
    ]);
    expect(entryPoints.map((each) => each.name)).toEqual(["get", "train", "lint", "main"]);
  });
});

describe("environments", () => {
  const conda = (dependencies: string) => ({ kind: "conda" as const, path: "conda.yaml", text: `dependencies:\n${dependencies}` });
  const have = { interpreters: ["3.10.13", "3.11.7", "3.12.1"] };
  test.each([["python>=3.10"], ["python=3.11.7"], ["python >=3.9,<3.12"], ["python=3.12.*"], ["python==3.10"], ["python"]])("%s can be had", (spec) => {
    expect(checkEnvironment(conda(`  - ${spec}\n`), have)).toEqual([]);
  });
  test.each([["python=3.7", "3.11"], ["python>=3.13", "3.12"], ["python=3.11.2", "3.11"], ["python<3.10", "3.10"], ["python=3.1", "3.11"]])("%s cannot, %s can", (spec, offered) => {
    expect(checkEnvironment(conda(`  - ${spec}\n`), have)).toMatchObject([{ line: 2, column: 5, fix: { title: `Write python=${offered}` } }]);
  });
  test("a python_env's 3.10 without quotes", () => {
    const { problems } = readOutline([{ path: "MLproject", text: 'entry_points: {main: {command: "x"}}\n' }, { path: "python_env.yaml", text: "python: 3.10\ndependencies: [numpy]\n" }]);
    expect(problems).toMatchObject([{ path: "python_env.yaml", line: 1, fix: { title: 'Write "3.10"' } }]);
  });
  test("torch, extras, markers, other python", () => {
    const text = "torch==1.4.0\ntorch[x]==1.4.0 ; python_version < '3'\n-r more.txt\ngit+https://h/x.git\ntorch>=1.4\n# torch==1.4.0\n...\n";
    const problems = checkEnvironment({ kind: "requirements", path: "requirements.txt", text }, { interpreters: ["3.8.1", "3.11.7"] });
    expect(problems.map((each) => [each.line, each.fix?.title])).toEqual([[1, "Write torch>=2.2"], [2, undefined]]);
    expect(problems[0]?.message).toContain("This machine also has Python 3.8");
  });
});
