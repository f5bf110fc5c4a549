import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { clashProblem, pathProblem } from "./check-path";
import { applyChecked, checkReload, checkText } from "./check-update";
import { newDoc, replaceText, seedState, splices, textOf } from "./doc-text";
import { mergeTexts } from "./merge-texts";
import { decodeText, encodeText, sizeOfText } from "./text-bytes";

const line = fc.constantFrom("a\n", "b\n", "  c\n", "\n", "😀\n", "😁\n", "é\n", "long line of text\n", "x");
const text = fc.array(line, { maxLength: 30 }).map((l) => l.join(""));

test("replacements turn any text into any other, also through a document", () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      let result = before;
      for (const s of splices(before, after)) result = result.slice(0, s.at) + s.insert + result.slice(s.at + s.remove);
      expect(result).toBe(after);
      const doc = newDoc();
      Y.applyUpdate(doc, seedState(before));
      replaceText(doc, after);
      expect(textOf(doc)).toBe(after);
    }),
  );
});

test("a change of one line in the middle touches that line only", () => {
  const before = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join("");
  const after = before.replace("line 20\n", "line twenty\n").replace("line 80\n", "");
  expect(splices(before, after).map((s) => [s.remove, s.insert])).toEqual([[8, ""], [2, "twenty"]]);
});

test("UTF-8 bytes come back as they were, whatever their line ending", () => {
  fc.assert(
    fc.property(text, fc.boolean(), fc.boolean(), (lf, isCrlf, hasBom) => {
      const bytes = Buffer.from((hasBom ? "\ufeff" : "") + (isCrlf ? lf.replaceAll("\n", "\r\n") : lf));
      const decoded = decodeText(bytes);
      if (!decoded) throw new Error("it is a text");
      expect(encodeText(decoded)).toEqual(bytes);
      expect(sizeOfText(decoded.text, decoded.lineEnding, decoded.hasBom)).toBe(bytes.length);
    }),
  );
  expect(decodeText(Buffer.from([0xc3, 0x28]))).toBeNull();
  expect(decodeText(Buffer.from([0xed, 0xa0, 0x80]))).toBeNull();
});

test("merging keeps both changes, or says that it cannot", () => {
  expect(mergeTexts("a\nb\nc", "A\nb\nc", "a\nb\nC")).toBe("A\nb\nC");
  expect(mergeTexts("a\nb\n", "x\nb\n", "y\nb\n")).toBeNull();
  expect(mergeTexts("a\n", "a\nb\n", "a\nb\n")).toBe("a\nb\n");
});

test("paths that leave the project or could not be written are refused with a mend", () => {
  for (const bad of ["", "/a", "../a", "a/..", "a/./b", "a//b", "a\\b", "C:/a", "a\nb", "a\0", ".git/x", ".GIT", "x/.git. ", "a/", "é".repeat(128), "\ud800"]) expect(pathProblem(bad), JSON.stringify(bad)).toMatch(/[.!]$/);
  for (const good of ["a", "a b/ü.py", ".gitignore", ".github/x.yml", "...", "-rf", "CON"]) expect(pathProblem(good), good).toBeNull();
  expect(clashProblem(["a", "a/b"])).toContain("folder");
  expect(clashProblem(["a", "a"])).toContain("twice");
  expect(clashProblem(["ab", "a/b"])).toBeNull();
});

test("a damaged update is refused, or leaves a document that loads again", () => {
  const author = newDoc();
  const start = seedState("hello world\n");
  Y.applyUpdate(author, start);
  const before = Y.encodeStateVector(author);
  author.getText("content").insert(5, ", wide");
  author.getText("content").delete(0, 2);
  const update = Y.encodeStateAsUpdate(author, before);
  let refused = 0;
  for (let bit = 0; bit < update.length * 8; bit++) {
    const damaged = update.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const doc = newDoc();
    Y.applyUpdate(doc, start);
    try {
      applyChecked(doc, damaged);
      checkReload(doc, checkText(doc));
    } catch {
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(update.length);
});
