import { gzipSync } from "node:zlib";
import fc from "fast-check";

/*
 * Requests that mean harm or are wrong, for any route: fields by the names its schema has, each with a value that would do or one
 * that would not. Values are JSON as text, so that numbers beyond a double and broken escapes can be written.
 */

/** For the same cases again: FLOWBOOK_TEST_SEED; for more of them: FLOWBOOK_TEST_RUNS (per route). */
export const hostileSeed = Number(process.env.FLOWBOOK_TEST_SEED ?? 20_261_125);
export const hostileRuns = Number(process.env.FLOWBOOK_TEST_RUNS ?? 25);

export type HostileRequest = { path: Record<string, string>; query: string; body: Buffer | undefined; headers: Record<string, string> };
/** What would do, as JSON, by the name of a field. */
export type Fitting = Record<string, string[]>;

const text = (value: string) => JSON.stringify(value);
const long = (n: number) => text("x".repeat(n));

const wrongValues = [
  "null", "true", "false", "0", "-1", "1.5", "-0", "1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "9".repeat(5000), "NaN", "Infinity", "1e-400",
  '""', '" "', '"x"', '"NaN"', '"-Infinity"', '" 5"', '"1e400"', '"0x10"', '"1e5"', '"9223372036854775808"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00x"', '"\\u202e\\u0301"', '"😀"', '"\\n"', '"a\\r\\nSet-Cookie: x=y"',
  '"../../etc/passwd"', '"%2e%2e/%2e%2e/x"', '"/etc/passwd"', '"C:\\\\\\\\x"', `"'; DROP TABLE \\"Run\\"; --"`, '"{{7*7}}${7*7}"', '"<script>alert(1)</script>"', '"[$ne]"', '"__proto__"', '"constructor"',
  "[]", "{}", "[null]", "[[]]", "[{}]", '{"$ne":null}', '{"__proto__":{"x":1}}', '{"key":{"key":"a"}}', '["a",5,null,{}]', `${"[".repeat(500)}${"]".repeat(500)}`, `${'{"a":'.repeat(500)}1${"}".repeat(500)}`,
  `[${Array(2000).fill("1").join(",")}]`, `[${Array(2000).fill('"a"').join(",")}]`, `[${Array(1500).fill('{"key":"k","value":"1","timestamp":1}').join(",")}]`, `{${Array.from({ length: 3000 }, (_, i) => `"k${i}":${i}`).join(",")}}`,
  long(251), long(501), long(8001), long(70_000), long(1_000_000), `"${"\\u0001".repeat(20_000)}"`, `"${"漢".repeat(6001)}"`,
];

const wrongBodies: Buffer[] = [
  ...["", " ", "null", "[]", "[[]]", "3", "true", '"x"', '"\\"{}\\""', "{", '{"a":', '{"a":1,}', "{'a':1}", '{"run_id"', "{}{}", "\ufeff{}", "[".repeat(200_000), '{"a":'.repeat(50_000), `{"a":"${"x".repeat(300_000)}`, "a=1&b=2", "<x/>", "\u0000", '{"\\u0000":1}', '{"__proto__":{}}'].map((b) => Buffer.from(b)),
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), Buffer.from("{}", "utf16le"), gzipSync("{}"), Buffer.alloc(5000, 0x80),
];

const odd = (values: string[]) => fc.constantFrom(...values);

const headers = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: odd(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/x-protobuf", "application/json; charset=utf-16", "application/json; ;;=", "", "x", "application/json, text/plain"]).map((type) => ({ "Content-Type": type })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Record<string, string>>(
      { "Content-Encoding": "gzip" }, { "Content-Encoding": "br" }, { Range: "bytes=0-0" }, { Range: `bytes=${Array(2000).fill("0-1").join(",")}` }, { Range: "bytes=-99999999999999999999" }, { Accept: "text/html" },
      { "X-HTTP-Method-Override": "DELETE" }, { "X-Forwarded-For": "127.0.0.1" }, { "X-Forwarded-Host": "evil.example" }, { "x-mlflow-experiment-id": "'; --" }, { "x-mlflow-experiment-id": "999999999999" }, { "x-mlflow-run-id": "../x" },
      { "If-None-Match": "*" }, { "Accept-Language": "x".repeat(6000) }, { Expect: "100-continue" },
    ),
  },
);

/** Segments of a path, encoded as they are sent. */
const wrongSegments = ["x", "..", "%2e%2e", "%2e%2e%2fx", "%252e%252e", "%00", "a%00b", "%zz", "%ff", "%ed%a0%80", "%2fetc%2fpasswd", "a%5cb", "%0d%0aX:y", "x".repeat(10_000), "9".repeat(40), "-1", "%F0%9F%98%80", "%E2%80%AE", "[$ne]", "'--", "a b".replace(" ", "%20"), "%3Cscript%3E", "*", "~", "__proto__"];

/** Requests for a route: `names` are its fields, `parameters` those of its path. */
export function hostileRequest(method: string, names: string[], parameters: string[], fitting: Fitting): fc.Arbitrary<HostileRequest> {
  const valueOf = (name: string) => fc.oneof({ weight: 3, arbitrary: odd(fitting[name] ?? ['"x"']) }, { weight: 2, arbitrary: odd(wrongValues) });
  const someFields = fc
    .tuple(...names.map((name) => fc.tuple(fc.constant(name), valueOf(name), fc.integer({ min: 0, max: 9 }))))
    // One in ten is left out, one in fifty said twice.
    .map((fields) => fields.flatMap(([name, value, dice]) => (dice === 0 ? [] : dice === 9 && value.length % 5 === 0 ? [[name, value], [name, '"again"']] : [[name, value]])) as [string, string][]);
  const json = someFields.map((fields) => Buffer.from(`{${fields.map(([name, value]) => `${text(name)}:${value}`).join(",")}}`));
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? fc.oneof({ weight: 8, arbitrary: json }, { weight: 2, arbitrary: fc.constantFrom(...wrongBodies) }) : fc.constant(undefined);
  const query = fc.oneof(
    { weight: hasBody ? 1 : 8, arbitrary: someFields.map((fields) => fields.map(([name, value]) => `${name}=${inQuery(value)}`).join("&").slice(0, 12_000)) },
    { weight: 2, arbitrary: odd(["", "=", "&&&", "a", "%zz=%zz", "x=%00", "__proto__=1&constructor=2", "run_id[]=1", `${"a=1&".repeat(2000)}`]) },
  );
  const path = fc.record(Object.fromEntries(parameters.map((name) => [name, fc.oneof({ weight: 3, arbitrary: odd((fitting[name] ?? ['"x"']).map((v) => inPath(v))) }, { weight: 2, arbitrary: odd(wrongSegments) })])));
  return fc.record({ path, query: hasBody ? fc.oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: query }) : query, body, headers });
}

const plain = (json: string): string => {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : json;
  } catch {
    return json;
  }
};
const inQuery = (json: string) => encodeURIComponent(plain(json).slice(0, 4000).toWellFormed());
const inPath = (json: string) => plain(json).split("/").map(encodeURIComponent).join("/");
