import { describe, expect, test } from "vitest";
import { pythonFloat, pythonRepr, pythonStrOfJson } from "./python-str";
import { shellQuote, shellWords } from "./shell-words";
import { formatTemplate, parseFormat } from "./str-format";
import { CommandError } from "./types";

const values = new Map([["a", "'x y'"], ["n", "7"], ["é", "ü€"], ["u", "a_long_value"]]);

describe("str.format", () => {
  test.each([
    ["{a}", "'x y'"], ["{{a}}", "{a}"], ["{{{a}}}", "{'x y'}"], ["{a!r}", `"'x y'"`], ["{é!a}", "'\\xfc\\u20ac'"], ["{a:>10}", "     'x y'"], ["{u:*^20}", "****a_long_value****"],
    ["{u:.4}", "a_lo"], ["{n:05}", "70000"], ["{n:>{n}}", "      7"], ["{a[0]}", "'"], ["{n:s}", "7"], ["${{HOME}}", "${HOME}"], ["awk '{{print $1}}'", "awk '{print $1}'"],
  ])("%s gives %s", (template, text) => {
    expect(formatTemplate(template, values)).toBe(text);
  });

  test.each(["{", "}", "{a", "a}", "{a!}", "{a!x}", "{n:d}", "{n:,}", "{n:=5}", "{missing}", "{}", "{0}", "{a.b}", "{n[9]}", "${HOME}", "{'k': 1}", "{ a }"])("%s is refused", (template) => {
    expect(() => formatTemplate(template, values)).toThrow(CommandError);
  });

  test("a mistake has a place", () => {
    expect(parseFormat("echo {a} }").error).toMatchObject({ start: 9 });
  });
});

describe("Python's texts", () => {
  test.each([[0.1, "0.1"], [1e-5, "1e-05"], [0.0001, "0.0001"], [1e16, "1e+16"], [123456.789, "123456.789"], [100000, "100000.0"], [5e-324, "5e-324"], [-2.5, "-2.5"]])("repr(%d)", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });
  test.each([["a", "'a'"], ["it's", `"it's"`], [`'"`, `'\\'"'`], ["\n\x00\u200b é", "'\\n\\x00\\u200b é'"]])("repr(%j)", (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });
  test("values from JSON", () => {
    expect([true, false, 3, 1e-5, 2.5, "x"].map(pythonStrOfJson)).toEqual(["True", "False", "3", "1e-05", "2.5", "x"]);
  });
});

describe("the shell", () => {
  test.each([["", "''"], ["abc", "abc"], ["a b", "'a b'"], ["it's", `'it'"'"'s'`], ["a@b%c+d=e:f,g./-h", "a@b%c+d=e:f,g./-h"], ["$(rm)", "'$(rm)'"], ["é", "'é'"], ["a\n", "'a\n'"]])("quote %j", (text, quoted) => {
    expect(shellQuote(text)).toBe(quoted);
  });
  test("words and operators", () => {
    expect(shellWords(`A=1 python x.py --a "b c" | tee 'o ut' && sh $(echo y)`).map((word) => word.text)).toEqual(["A=1", "python", "x.py", "--a", "b c", "|", "tee", "o ut", "&&", "sh", "$(echo y)"]);
  });
});
