import { expect, test } from "vitest";
import { linksIn } from "./links";

const ours = { runHref: (id: string) => `/default/runs/${id}`, experimentHref: (id: string) => `/default/experiments/${id}` };
const run = "0123456789abcdef0123456789abcdef";

test("a link that an MLflow client prints opens our run page, its experiment link our experiment", () => {
  const line = `🏃 View run wise-crane at: http://127.0.0.1:3000/#/experiments/7/runs/${run}`;
  expect(linksIn(line, ours)).toMatchObject([{ href: `/default/runs/${run}`, isOurs: true, start: line.indexOf("http") }]);
  expect(linksIn("🧪 View experiment at: http://127.0.0.1:3000/#/experiments/7", ours)).toMatchObject([{ href: "/default/experiments/7" }]);
});

test("a sentence's end and a bracket around a link are not part of it, and only http(s) is one", () => {
  expect(linksIn("see (https://a.example/x_(y)). or https://b.example, ok", ours).map((l) => l.text)).toEqual(["https://a.example/x_(y)", "https://b.example"]);
  expect(linksIn("javascript:alert(1) file:///etc/passwd ftp://x", ours)).toEqual([]);
});
