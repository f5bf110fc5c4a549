import { expect, test } from "vitest";
import { chooseInterpreter } from "./environment-python";
import { pipVersion, type WantedEnvironment } from "./environment-spec";
import { explainUv } from "./environment-words";
import type { Interpreter } from "./sandbox-types";

const python = (version: string): Interpreter => ({ path: `/p/${version}/bin/python`, version, base: `/p/${version}`, id: version });
const machine = ["3.6.15", "3.7.16", "3.10.13", "3.11.2", "3.11.7", "3.13.0"].map(python);
const wanted = (more: Partial<WantedEnvironment> = {}): WantedEnvironment => ({ python: null, packages: [], notes: [], path: "conda.yaml", ...more });

test("conda's versions become pip's", () => {
  expect(["", "=1.2", "==1.2", "=1.2=py36_0", "1.19.*", ">=1,<2", ">=1.2.*", "*", ">= 1.0"].map(pipVersion)).toEqual(["", "==1.2.*", "==1.2", "==1.2", "==1.19.*", ">=1,<2", ">=1.2", "", ">=1.0"]);
  expect(pipVersion("1.2|1.3")).toBeNull();
});

test("the interpreter is one that fits, of the version that most packages have wheels for", () => {
  expect(chooseInterpreter(wanted(), machine).version).toBe("3.11.7");
  expect(chooseInterpreter(wanted({ python: { spec: "=3.6", path: "conda.yaml", line: 4 } }), machine).version).toBe("3.6.15");
  expect(chooseInterpreter(wanted({ python: { spec: ">=3.12", path: "conda.yaml", line: 4 } }), machine).version).toBe("3.13.0");
  expect(() => chooseInterpreter(wanted({ python: { spec: "=3.5", path: "conda.yaml", line: 4 } }), machine)).toThrow("conda.yaml line 4: Python 3.5 cannot be had here. This machine has 3.6, 3.7, 3.10, 3.11, 3.13.");
});

test("uv's reasons become lines of the file", () => {
  const packages = [{ name: "requests", text: "requests", path: "conda.yaml", line: 7 }, { name: "tensorflow", text: "tensorflow==2.0.0", path: "conda.yaml", line: 9 }];
  const said = "error: No solution found when resolving dependencies\n  cause: Because tensorflow==2.0.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require tensorflow==2.0.0, we can conclude that your requirements are unsatisfiable.\n\nhint: You require CPython 3.11 (`cp311`), but we only found wheels for `tensorflow` (v2.0.0) with the following Python ABI tags: `cp27m`, `cp27mu`, `cp35m`, `cp36m`, `cp37m`\n";
  expect(explainUv(said, wanted({ packages }), python("3.11.7"), machine).message).toBe(
    "conda.yaml line 9: tensorflow==2.0.0 cannot be had for Python 3.11: it was built for Python 2.7, 3.5, 3.6, 3.7 only. This machine has Python 3.6 and 3.7: ask for it, or for another version of tensorflow.",
  );
  const network = "error: Failed to fetch: `https://user:secret@registry.example/simple/six/`\n  cause: client error (Connect)\n  cause: tcp connect error\n";
  const { message } = explainUv(network, wanted({ packages }), python("3.11.7"), machine);
  expect(message).toMatch(/The package registry registry\.example cannot be reached/);
  expect(message).not.toContain("secret");
});
