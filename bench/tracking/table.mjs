// The results: kept in a JSON file, rows of several invocations merged by their ids, and written as a table.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { factor, missed, mustWords } from "./targets.mjs";

const order = ["w1", "w2", "w3", "w4", "w5", "scale", "w6", "w7", "w8", "w9", "w10", "w11"];
const rank = (row) => order.indexOf(row.id.split("-")[0]);

export function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { about: {}, rows: [] };
}

/** Adds rows to what the file holds; a row measured again replaces the older one. */
export function mergeRow(file, about, row) {
  const results = readResults(file);
  results.about = { ...results.about, ...about };
  const at = results.rows.findIndex((r) => r.id === row.id);
  if (at >= 0) results.rows[at] = row;
  else results.rows.push(row);
  results.rows = results.rows.map((r, i) => [r, i]).sort(([a, i], [b, j]) => rank(a) - rank(b) || i - j).map(([r]) => r);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  return results;
}

const number = (n) => (n === undefined ? "–" : n >= 1000 ? Math.round(n).toLocaleString("en") : n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n >= 1 ? n.toFixed(2) : n.toFixed(3));
const ms = (n) => `${number(n)} ms`;
const cpu = (n) => (n === undefined ? "" : n < 0.1 ? `${number(n * 1000)} µs` : ms(n));

function side(row, figures) {
  if (!figures) return "–";
  const growth = figures.growth === undefined ? "" : `, +${(figures.growth / 2 ** 20).toFixed(0)} MB`;
  if (figures.value !== undefined) return `${number(figures.value)} ${row.unit}${growth}${figures.note ? ` (${figures.note})` : ""}`;
  if (row.by === "rate") return `${number(figures.rate)} ${row.unit}${figures.p50 === undefined ? "" : `, p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}`}${growth}`;
  return `p50 ${ms(figures.p50)}${figures.p99 !== undefined && figures.p99 !== figures.p50 ? `, p99 ${ms(figures.p99)}` : ""}${growth}`;
}

function met(row) {
  const words = missed(row);
  if (words === undefined) return "";
  return words.length ? `**no**: ${words.join(", ")}` : "yes";
}

const span = (r) => (r ? `${factor(r.median)} (${factor(r.least)}..${factor(r.most)})` : "");

/** The columns of one row, as the terminal and the page show them. */
function cells(row) {
  const cpuOf = (f) => (f?.cpuMs === undefined ? "" : ` · CPU ${cpu(f.cpuMs)}`);
  return [row.label, side(row, row.mlflow) + cpuOf(row.mlflow), side(row, row.flowbook) + cpuOf(row.flowbook), span(row.ratioWall), row.ratioCpu ? factor(row.ratioCpu.median) : "", mustWords(row.id), met(row)];
}

const heads = ["work", "mlflow", "flowbook", "ratio wall", "ratio CPU", "must", "met?"];

export function toMarkdown({ about, rows }) {
  const lines = [
    "# Tracking server, beside `mlflow server`",
    "",
    `MLflow ${about.mlflow}, Flowbook ${about.flowbook}; ${about.machine}; PostgreSQL ${about.postgres}. Measured by \`node bench/tracking/run.mjs\`; [how to read it](../README.md).`,
    "Medians of interleaved rounds; in brackets the span of the rounds' ratios. CPU is processor time of server and PostgreSQL per operation.",
    "",
    `| ${heads.join(" | ")} |`,
    `|${heads.map(() => "---").join("|")}|`,
  ];
  let work = "";
  for (const row of rows) {
    const name = row.id.split("-")[0];
    const [label, ...others] = cells(row);
    lines.push(`| ${name === work ? "" : `**${name}** `}${label} | ${others.join(" | ")} |`);
    work = name;
  }
  const loads = rows.flatMap((r) => r.load ?? []);
  const counted = rows.map(missed).filter((m) => m !== undefined);
  lines.push("", `${counted.filter((m) => m.length === 0).length} of ${counted.length} measured musts are met. Load while measuring: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} (the benchmark's own is about 2).`, "");
  for (const note of about.notes ?? []) lines.push(`- ${note}`);
  return `${lines.join("\n")}\n`;
}

/** One measured row as a line for the terminal. */
export function toLine(row) {
  const [, mlflow, flowbook, wall, ratioCpu, must, isMet] = cells(row);
  return `    mlflow ${mlflow}\n    flowbook ${flowbook}\n    wall ${wall || "–"}  CPU ${ratioCpu || "–"}  ${must && `must ${must}: ${isMet || "–"}`}`;
}
