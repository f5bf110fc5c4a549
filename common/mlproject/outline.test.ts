import { describe, expect, test } from "vitest";
import { readOutline } from "./outline";
import { applyEdits } from "./places";
import type { Outline, ProjectFile } from "./types";

const outlineOf = (mlproject: string, ...others: ProjectFile[]): Outline => readOutline([{ path: "MLproject", text: mlproject }, ...others]);
const file = (path: string, text = ""): ProjectFile => ({ path, text });
const one = (body: string): string => `entry_points:\n  main:\n${body}\n`;

/** Every shape on which MLflow crashes, and every lint: the text, where the problem is, words it says. */
const broken: [why: string, text: string, place: string, says: string][] = [
  ["an empty file", "", "1:1", "is empty"],
  ["only a comment", "# nothing\n", "1:1", "is empty"],
  ["a list", "- a\n", "1:1", "must be a mapping"],
  ["a syntax error", "name: x\nentry_points:\n\tmain: 1\n", "3:1", "tabs"],
  ["entry_points empty", "name: x\nentry_points:\n", "2:1", "names nothing to run"],
  ["an entry point without anything", "entry_points:\n  main:\n", "2:3", "needs a command"],
  ["command missing", one("    parameters: {a: int}"), "2:3", "has no command"],
  ["command empty", one("    command:"), "3:5", "has no command"],
  ["command a list", one("    command: [python, x.py]"), "3:14", "not a list"],
  ["command a mapping", one("    command: {x}"), "3:14", "double quotes"],
  ["parameters empty", one('    parameters:\n    command: "x"'), "3:5", "parameters is empty"],
  ["parameters a list", one('    parameters: [a]\n    command: "x"'), "3:17", "mapping from names to types"],
  ["a parameter given a number", one('    parameters:\n      a: 5\n    command: "x {a}"'), "4:10", "where its type belongs"],
  ["a parameter given nothing", one('    parameters:\n      a:\n    command: "x {a}"'), "4:7", "where its type belongs"],
  ["docker_env a text", `docker_env: python:3.11\n${one('    command: "x"')}`, "1:13", "mapping with an image"],
  ["docker_env without image", `docker_env: {volumes: [a]}\n${one('    command: "x"')}`, "1:1", "needs an image"],
  ["two environments", `conda_env: c.yaml\npython_env: p.yaml\n${one('    command: "x"')}`, "1:1", "one environment"],
  ["an environment file that is not there", `conda_env: c.yaml\n${one('    command: "x"')}`, "1:12", "no file 'c.yaml'"],
  ["used, not declared", one('    parameters: {alpha: float}\n    command: "x {alpha} {beta}"'), "4:25", "{beta}"],
  ["a near name", one('    parameters: {alpha: float}\n    command: "x {Alpha}"'), "4:17", "Did you mean {alpha}?"],
  ["declared, not used", one('    parameters:\n      alpha: float\n    command: "x"'), "4:7", "never uses 'alpha'"],
  ["a shell variable", one('    command: "echo ${HOME}"'), "3:21", "${{HOME}}"],
  ["an open brace", one('    command: "echo {a"'), "3:20", "never closed"],
  ["a placeholder in quotes", one("    parameters: {a: string}\n    command: \"x '{a}'\""), "4:17", "inside quotes"],
  ["a folded block with deeper lines", one("    command: >\n      python x.py\n        --a 1"), "3:14", "a command of its own"],
  ["a backslash that eats a blank", one("    command: |\n      echo a\\\n      b"), "4:12", "no space between"],
  ["a default without its blank", one('    parameters:\n      lr: {type: float, default:1e-5}\n    command: "x {lr}"'), "4:25", "gets no default"],
  ["a default with =", one('    parameters:\n      lr: {type: float, default="x"}\n    command: "x {lr}"'), "4:25", "with = in place of a colon"],
  ["an unknown type", one('    parameters:\n      a: "list[int]"\n    command: "x {a}"'), "4:10", "no known type"],
  ["a default outside its range", one('    parameters:\n      a: {type: int, default: 9, max: 5}\n    command: "x {a}"'), "4:31", "does not fit"],
  ["a key twice", one('    command: "x"\n    command: "y"'), "4:5", "written twice"],
  ["an entry point twice", 'entry_points:\n  a: {command: "x"}\n  a: {command: "y"}\n', "3:3", "written twice"],
  ["needs of nobody", one('    needs: [prepare]\n    command: "x"'), "2:3", "needs 'prepare'"],
  ["a circle of needs", 'entry_points:\n  a: {needs: [b], command: "x"}\n  b: {needs: [a], command: "y"}\n', "2:3", "needs itself"],
  ["no amount of memory", one('    resources: {memory: lots}\n    command: "x"'), "3:25", "no amount of memory"],
  ["a misspelt key", 'entrypoints:\n  main: {command: "x"}\n', "1:1", "Did you mean entry_points?"],
  ["a file that is not there", one('    command: "python train.py"'), "3:22", "no file 'train.py'"],
];

describe("problems", () => {
  test.each(broken)("%s", (_, text, place, says) => {
    const { problems } = outlineOf(text);
    const found = problems.find((problem) => problem.message.includes(says));
    expect(found, JSON.stringify(problems, null, 1)).toBeDefined();
    expect(`${found?.line}:${found?.column}`).toBe(place);
  });

  test("a problem's fix mends it", () => {
    for (const [why, text] of broken) {
      for (const problem of outlineOf(text).problems) {
        if (!problem.fix || problem.fix.edits.some((edit) => edit.path !== "MLproject")) continue;
        const mended = outlineOf(applyEdits("MLproject", text, problem.fix.edits));
        expect(mended.problems.map((each) => each.message), why).not.toContain(problem.message);
      }
    }
  });

  test("every cut and every single change of a real file gives an outline, never a throw", () => {
    const text = 'name: x\nconda_env: conda.yaml\nentry_points:\n  main:\n    parameters:\n      a: {type: int, default: 1, choices: [1, 2]}\n    command: "python main.py --a {a} > \'{a}\'"\n';
    for (let i = 0; i <= text.length; i += 2) {
      readOutline([file("MLproject", text.slice(0, i)), file("main.py", text.slice(i))]);
      for (const char of ["{", '"', ":", "\n", "&", "[", "\t"]) readOutline([file("MLproject", text.slice(0, i) + char + text.slice(i + 1))]);
    }
  });
});

test("hostile files take no time and no stack", () => {
  const startedAt = performance.now();
  const nested = outlineOf("[".repeat(50_000));
  expect(nested.problems[0]?.severity).toBe("error");
  const lines = [`a${"==1".repeat(5_000)} x`, `--hash=${"--hash=".repeat(5_000)} `, `a[${"x,".repeat(5_000)}`, "a".repeat(50_000), `a ${"--hash=x ".repeat(5_000)}!`];
  readOutline([file("MLproject", one('    command: "x"')), file("requirements.txt", lines.join("\n"))]);
  outlineOf(one(`    command: "${"{a:".repeat(3_000)}"`));
  outlineOf(one(`    command: "python x.py ${"'$(".repeat(3_000)}"`), file("x.py", "(".repeat(50_000)));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

describe("what a project declares", () => {
  test("hints, optional parameters, limits", () => {
    const { entryPoints, problems } = outlineOf(
      one(
        '    parameters:\n      a: {type: int, default: 010, min: 1, max: 1e2, help: How many, secret: no}\n      b: {choices: [1, 2.50], default: 1}\n      c: {type: path, from: fetch/data}\n      d: path\n    optional_parameters:\n      e: bool\n    needs: [fetch]\n    cache: true\n    retries: 2\n    resources: {memory: 512Mi, timeout: 10m, grace: 30s, cpu: 1}\n    command: "x {a} {b} {c} {d}"\n  fetch:\n    command: "y"',
      ),
    );
    expect(problems).toEqual([]);
    expect(entryPoints.map((each) => each.name)).toEqual(["fetch", "main"]);
    const [, main] = entryPoints;
    expect(main).toMatchObject({ needs: ["fetch"], cache: true, retries: 2, limits: { memoryBytes: 536870912, timeoutSeconds: 600, graceSeconds: 30 } });
    expect(main?.parameters).toMatchObject([
      { name: "a", kind: "int", default: "8", required: false, min: 1, max: 100, help: "How many", secret: false },
      { name: "b", kind: "choice", type: "string", choices: ["1", "2.5"], default: "1" },
      { name: "c", kind: "path", required: true, from: "fetch/data" },
      { name: "d", kind: "path", default: null, required: true },
      { name: "e", kind: "bool", required: false, optional: true },
    ]);
  });

  test("any letter case of the file's name; the environment's default", () => {
    const outline = readOutline([file("mlPROJECT", one('    command: "x"')), file("conda.yaml"), file("python_env.yaml", "python: 3.11.7\n")]);
    expect(outline).toMatchObject({ mlprojectPath: "mlPROJECT", envKind: "python_env", envPath: "python_env.yaml" });
    expect(readOutline([file("MLproject", one('    command: "x"')), file("requirements.txt", "numpy\n")])).toMatchObject({ envKind: "requirements" });
    expect(outlineOf(one('    command: "x"'))).toMatchObject({ envKind: "none", problems: [] });
  });

  test("a folded block whose lines end in backslashes is one command", () => {
    expect(outlineOf(one("    command: >-\n      echo a \\\n        --b 1 &&\n        echo c")).problems).toEqual([]);
  });

  test("no MLproject: said once, with a file made from the scripts", () => {
    const { problems, entryPoints } = readOutline([file("train.py"), file("lib/util.py")]);
    expect(entryPoints).toEqual([]);
    expect(problems[0]?.fix?.edits[0]?.text).toBe('entry_points:\n  train:\n    command: "python train.py"\n');
  });

  test("a file that is not UTF-8", () => {
    expect(readOutline([{ path: "MLproject", text: null }]).problems[0]?.message).toContain("not a text file");
  });

  test.each([
    ["python download.py --a b", "download.py"], ["python3 -u ./src/a.py {x}", "src/a.py"], ["A=1 python -W ignore x.py", "x.py"], ["python -um pkg.step", "pkg/step.py"], ["python -m pip install x", undefined],
    ["pip list && python x.py", "x.py"], ["bash run.sh", "run.sh"], ["./go.sh", "go.sh"], ["python {script}", undefined], ["python -c 'print(1)'", undefined], ["echo hello", undefined],
  ])("%s runs %s", (command, path) => {
    const { entryPoints, problems } = outlineOf(one(`    command: ${JSON.stringify(command)}`), file("pkg/step.py"));
    expect(entryPoints[0]?.sourceFile).toBe(path);
    if (command.includes("m pip")) expect(problems).toEqual([]);
  });
});
