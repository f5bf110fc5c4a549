import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { env } from "@/server/env";
import { prepareEnvironment } from "./environment";
import { envsDir } from "./environment-build";
import { EnvironmentError, type EnvironmentRequest } from "./environment-types";
import { type OpenGate, startProxy } from "./proxy";
import { aStep, withTools } from "./testing/run-step";

let proxy: OpenGate;
beforeAll(async () => {
  await withTools();
  proxy = await startProxy();
}, 300_000);
afterAll(() => proxy.close());

function aProject(files: Record<string, string>): string {
  mkdirSync(join(env().dataDir, "trees"), { recursive: true });
  const dir = mkdtempSync(join(env().dataDir, "trees", "t-"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text);
  return dir;
}

const kinds = { "requirements.txt": "requirements", "python_env.yaml": "python_env", "conda.yaml": "conda" } as const;

function prepare(files: Record<string, string>, more: Partial<EnvironmentRequest> = {}) {
  const path = (Object.keys(kinds) as (keyof typeof kinds)[]).find((name) => name in files) ?? "requirements.txt";
  return prepareEnvironment({ treeDir: aProject(files), outline: { envKind: kinds[path], envPath: path }, log: () => {}, ...more });
}

test("two jobs that want the same environment build it once; a step finds it at /env and cannot change it", async () => {
  let builds = 0;
  const log = (text: string) => {
    if (/^Installed|\nInstalled/.test(text)) builds++;
  };
  const files = { "python_env.yaml": 'python: ">=3.10"\ndependencies: [six==1.17.0]\n' };
  const [one, two] = await Promise.all([prepare(files, { log }), prepare(files, { log })]);
  expect(builds).toBe(1);
  expect(one?.key).toBe(two?.key);
  const from = Date.now();
  expect(await prepare(files)).toMatchObject({ isWarm: true, packageCount: 1, key: one?.key });
  expect(Date.now() - from).toBeLessThan(500);

  const step = await aStep("which python; python -c 'import six; print(six.__version__, six.__file__)'; python -m flowbook_mlflow; ! touch /env/x 2>&1 && ! sh -c 'echo x >> /env/lib/python3*/site-packages/six.py'", {
    environment: one ? { envDir: one.envDir, mounts: one.mounts } : null,
  });
  expect(await step.end()).toMatchObject({ exitCode: 0 });
  expect(step.log()).toMatch(/\/env\/bin\/python\r\n1\.17\.0 \/env\/lib/);
  expect(step.log()).toMatch(/Read-only file system/);
});

test("a build that was stopped leaves nothing that could be taken for an environment", async () => {
  const before = readdirSync(envsDir()).filter((name) => existsSync(join(envsDir(), name, ".complete")));
  const stop = new AbortController();
  const building = prepare({ "requirements.txt": "idna==3.10\n" }, { signal: stop.signal, log: () => stop.abort() });
  await expect(building).rejects.toThrow(/abort/i);
  expect(readdirSync(envsDir()).filter((name) => existsSync(join(envsDir(), name, ".complete")))).toEqual(before);
  expect(readdirSync(join(envsDir(), "build"))).toEqual(["cache"]);
  expect(await prepare({ "requirements.txt": "idna==3.10\n" })).toMatchObject({ packageCount: 1, isWarm: false });
});

test("what cannot be had is said with file, line and mend", async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ "requirements.txt": "six\nno-such-package-flowbook-test\n" }, /^requirements\.txt line 2: there is no package 'no-such-package-flowbook-test' in the registry\. Correct its name\.$/],
    [{ "conda.yaml": "dependencies:\n  - python>=3.10\n  - pip:\n    - six==99\n" }, /^conda\.yaml line 4: there is no six==99\. Ask for a version that exists\.$/],
    [{ "conda.yaml": "dependencies:\n  - python=2.6\n" }, /^conda\.yaml line 2: Python 2\.6 cannot be had here\. This machine has .*3\./],
    [{ "requirements.txt": "six<1.16\nsix>=1.16\n" }, /^requirements\.txt line [12]: .*six/],
    [{ "requirements.txt": "# first\n-e .\n" }, /^requirements\.txt line 2: '-e \.' cannot be installed here/],
    [{ "requirements.txt": "six @ https://example.org/six.whl\n" }, /^requirements\.txt line 1: 'six @ https:.*ready-built packages by name/],
    [{ "requirements.txt": "-r /etc/passwd\n" }, /^requirements\.txt line 1: there is no readable file '\/etc\/passwd'/],
    [{ "requirements.txt": "-r ../../secrets\n" }, /there is no readable file/],
  ];
  for (const [files, message] of cases) {
    const error = await prepare(files).then(() => null, (e: unknown) => e);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect((error as Error).message).toMatch(message);
  }
});

test("an environment file that is a link is not read", async () => {
  const treeDir = aProject({});
  symlinkSync("/etc/passwd", join(treeDir, "requirements.txt"));
  await expect(prepareEnvironment({ treeDir, outline: { envKind: "requirements", envPath: "requirements.txt" }, log: () => {} })).rejects.toThrow(/there is no readable file 'requirements\.txt'/);
});
