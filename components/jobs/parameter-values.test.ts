import { expect, test } from "vitest";
import { readOutline } from "@/common/mlproject";
import { commandText, readForm } from "./parameter-values";

const text = `name: multistep
entry_points:
  main:
    parameters:
      input1: {type: int, default: 1000000}
      season: {type: string, default: all}
      file: path
    command: "python main.py --input1 {input1} --season {season} --file {file}"
`;
const main = () => {
  const entryPoint = readOutline([{ path: "MLproject", text }]).entryPoints.find((e) => e.name === "main");
  if (!entryPoint) throw new Error("the outline has no main");
  return entryPoint;
};

test("a changed value is marked, a missing one named, and only what was set is sent", () => {
  const form = readForm(main(), { season: "winter time", gone: "1" });
  expect(form.given).toEqual({ season: "winter time" });
  expect(form.faults).toEqual({ file: "Give a value." });
  expect(form.command).toEqual([
    { text: "python main.py --input1 ", look: "plain" },
    { text: "1000000", look: "plain" },
    { text: " --season ", look: "plain" },
    { text: "'winter time'", look: "changed" },
    { text: " --file ", look: "plain" },
    { text: "<file>", look: "missing" },
  ]);
});

test("the marked command is the command that runs", () => {
  const form = readForm(main(), { file: "it's here", input1: "7" });
  expect(form.faults).toEqual({});
  expect(commandText(form.command)).toBe(`python main.py --input1 7 --season all --file 'it'"'"'s here'`);
});

test("a value that does not pass is marked bad", () => {
  const form = readForm(main(), { file: "x", input1: "many" });
  expect(Object.keys(form.faults)).toEqual(["input1"]);
  expect(form.command[1]).toEqual({ text: "many", look: "bad" });
});
