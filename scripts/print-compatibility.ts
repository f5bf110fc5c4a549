/*
 * Prints the parts of docs/mlflow-compatibility.md that follow from the route table (server/rest), what is noted beside it, and the
 * differences that the differential test accepts.
 *   npm run docs:compatibility            # writes the page
 *   npm run docs:compatibility -- --check # fails when it is stale
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { accepted } from "../e2e/differential/accepted";
import { router } from "../server/rest";
import { absent, type Group, groups, houseRules, notes, priorities } from "../server/rest/compatibility";

export const pagePath = fileURLToPath(new URL("../docs/mlflow-compatibility.md", import.meta.url));

type Row = { method: string; path: string; name: string };
const rows: Row[] = router.routes.map(([method, path]) => ({ method, path, name: `${method} ${path}` }));

export const groupOf = (path: string): Group | undefined => groups.find((g) => g.paths.some((p) => path.startsWith(p)));

function routes(): string {
  return groups
    .map((group) => {
      const own = rows.filter((r) => groupOf(r.path) === group);
      if (own.length === 0) return "";
      const lines = own.map((r) => `| ${r.method} | \`${r.path}\` | ${priorities[r.name] ?? group.priority} | ${notes[r.name] ?? ""} |`);
      return [`### ${group.title}`, "", "| | path | | |", "|---|---|---|---|", ...lines, ""].join("\n");
    })
    .filter(Boolean)
    .join("\n");
}

const parts: Record<string, () => string> = {
  count: () => `${rows.length} routes. ${(["P0", "P1", "P2", "beyond"] as const).map((p) => `${p}: ${rows.filter((r) => (priorities[r.name] ?? groupOf(r.path)?.priority) === p).length}`).join(", ")}.`,
  routes,
  absent: () => ["| | endpoints | such as |", "|---|---|---|", ...absent.map((a) => `| ${a.title} | ${a.count} | ${a.paths.map((p) => `\`${p}\``).join(", ")} |`)].join("\n"),
  house: () => houseRules.map((r) => `- **${r.title}**: ${r.text}`).join("\n"),
  differences: () => {
    const kinds: { title: string; reason: string; isTheirFault?: true }[] = Object.values(accepted);
    const list = (all: typeof kinds) => all.map((k) => `- **${k.title}.** ${k.reason}`).join("\n");
    return [
      "Where MLflow answers a bad request badly, and no client depends on it:", "", list(kinds.filter((k) => k.isTheirFault)), "",
      "Where this server does more, or something else:", "", list(kinds.filter((k) => !k.isTheirFault)),
    ].join("\n");
  },
};

/** The page with its printed parts renewed. @throws Error when a part's marks are missing. */
export function printed(page: string): string {
  let text = page;
  for (const [name, print] of Object.entries(parts)) {
    const between = new RegExp(`(<!-- printed: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!between.test(text)) throw new Error(`docs/mlflow-compatibility.md has no place for '${name}'.`);
    text = text.replace(between, (_, begin: string, end: string) => `${begin}${print().trimEnd()}\n${end}`);
  }
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(pagePath, "utf8");
  const fresh = printed(page);
  if (process.argv.includes("--check")) {
    if (fresh !== page) throw new Error("docs/mlflow-compatibility.md is stale. Run `npm run docs:compatibility`.");
  } else {
    writeFileSync(pagePath, fresh);
  }
}
