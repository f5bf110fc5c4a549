import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readJson } from "./body";

/** As much of a request as is read here. */
const request = (body: string) => Object.assign(Readable.from([Buffer.from(body)]), { headers: {} }) as unknown as IncomingMessage;

test("numbers arrive as Python prints them, texts as they are", async () => {
  const body = '{"a": 1.0, "b": "1.0 \\" 2.0", "c": 12345678901234567890, "d": "line\\nbreak\\\\"}';
  expect(await readJson(request(body), 10_000, { isPythonText: true })).toEqual({ a: "1.0", b: '1.0 " 2.0', c: "12345678901234567890", d: "line\nbreak\\" });
});

test("a text that never ends is refused in a time that grows with its length, not its square", async () => {
  const before = performance.now();
  await expect(readJson(request(`{"a": "${'\\"'.repeat(100_000)}`), 1_000_000, { isPythonText: true })).rejects.toMatchObject({ kind: "invalid" });
  expect(performance.now() - before).toBeLessThan(1_500);
});
