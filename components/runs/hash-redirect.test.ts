import { expect, test } from "vitest";
import { pathOfMlflowHash } from "./hash-redirect";

test.each([
  ["#/experiments/3/runs/0123abcd", "/default/runs/0123abcd"],
  ["#/experiments/0/runs/0123abcd/artifacts/model", "/default/runs/0123abcd"],
  ["#/runs/0123abcd", "/default/runs/0123abcd"],
  ["#/experiments/3", "/default/experiments/3"],
  ["#/experiments/3?searchFilter=x", "/default/experiments/3"],
  ["#/compare-runs?runs=%5B%22aa%22,%22bb%22%5D&experiments=%5B%223%22%5D", "/default/compare?runs=aa,bb"],
  ["#/models/my%20model/versions/2", "/default/models#my%20model"],
  ["#/models", "/default/models"],
  ["#tokens", null],
  ["#/experiments/3/runs/../../settings", "/default/experiments/3"],
  ["", null],
])("the link %s of MLflow leads to %s", (hash, path) => expect(pathOfMlflowHash(hash, "default")).toBe(path));
