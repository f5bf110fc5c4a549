import { expect, test } from "vitest";
import { readLogTail } from "./log-tail";

test("a traceback's last line is the cause, with its colours gone", () => {
  const text = "read 10 rows\n\u001b[31mTraceback (most recent call last):\u001b[0m\n  File \"process.py\", line 30\n    x\nKeyError: 'windspeed'\nended\n";
  const tail = readLogTail(text, false);
  expect(tail.error).toBe("KeyError: 'windspeed'");
  expect(tail.lines[0]?.text).toBe("read 10 rows");
  expect(tail.lines.find((l) => l.isError)?.text).toBe("KeyError: 'windspeed'");
});

test("without a traceback the last lines stand, a progress bar in its last state", () => {
  const tail = readLogTail("half a line\nepoch 1\repoch 2\repoch 3\r\nsh: 1: nope: not found\n\n", true);
  expect(tail).toEqual({ error: null, lines: [{ text: "epoch 3", isError: false }, { text: "sh: 1: nope: not found", isError: false }] });
});
