import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { router } from "../server/rest";
import { absent, notes, priorities } from "../server/rest/compatibility";
import { groupOf, pagePath, printed } from "./print-compatibility";

test("docs/mlflow-compatibility.md is what the route table says; `npm run docs:compatibility` renews it", () => {
  const page = readFileSync(pagePath, "utf8");
  expect(printed(page) === page, "the page is stale").toBe(true);
});

test("every route has a place on the page, and every note a route", () => {
  const names = router.routes.map(([method, path]) => `${method} ${path}`);
  expect(router.routes.filter(([, path]) => !groupOf(path)).map(([, path]) => path)).toEqual([]);
  expect([...Object.keys(notes), ...Object.keys(priorities)].filter((name) => !names.includes(name))).toEqual([]);
});

test("what is said not to be there answers ENDPOINT_NOT_FOUND", () => {
  for (const example of absent.flatMap((a) => a.paths)) {
    const [path = "", only] = example.split(" ").reverse();
    for (const method of only ? [only] : ["GET", "POST"]) {
      expect(() => router.find(method, path.replace(/^\/ajax-api\//, "/api/")), `${method} ${path}`).toThrow(expect.objectContaining({ errorCode: "ENDPOINT_NOT_FOUND" }));
    }
  }
});
