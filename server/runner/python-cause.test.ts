import { expect, test } from "vitest";
import { pythonCause } from "./python-cause";

const traceback = `epoch 3
Traceback (most recent call last):\r
  File "/project/process.py", line 30, in <module>\r
    main()\r
  File "/env/lib/python3.11/site-packages/pandas/core.py", line 9, in f\r
    raise KeyError(key)\r
\x1b[1;35mKeyError\x1b[0m: \x1b[35m'windspeed'\x1b[0m\r
`;

test("the last traceback's error and the project's own line are named", () => {
  expect(pythonCause(traceback)).toBe("KeyError: 'windspeed' at process.py line 30");
  expect(pythonCause(`Traceback (most recent call last):\n  File "<string>", line 1, in <module>\nmlflow.exceptions.ExecutionException: Run (ID 'a') failed\n`)).toBe("ExecutionException: Run (ID 'a') failed");
});

test("output without a traceback, or long past one, has no cause", () => {
  expect(pythonCause("bash: line 1: nope: command not found\n")).toBeNull();
  expect(pythonCause(`${traceback}${"more output\n".repeat(500)}`)).toBeNull();
});
