import Papa from "papaparse";
import { useMemo } from "react";
import { formatNumber } from "@/common/format";

const mostRows = 200;
const mostColumns = 60;
const isNumber = (text: string | undefined) => text === undefined || text === "" || /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^nan$/i.test(text.trim());

/** The first rows of a CSV or TSV file; columns that hold numbers alone stand right. */
export function CsvTable({ text, name, isCut }: { text: string; name: string; isCut: boolean }) {
  const { head, rows, total, columns, numeric } = useMemo(() => {
    const parsed = Papa.parse<string[]>(text, { skipEmptyLines: true, ...(name.endsWith(".tsv") ? { delimiter: "\t" } : {}) });
    const [first = [], ...rest] = parsed.data;
    const top = rest.slice(0, mostRows);
    return {
      head: first.slice(0, mostColumns), rows: top, total: rest.length, columns: first.length,
      numeric: first.slice(0, mostColumns).map((_, i) => top.length > 0 && top.every((r) => isNumber(r[i]))),
    };
  }, [text, name]);
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label={`${name}, first rows`} style={{ maxHeight: 420 }}>
        <table className="tb tb--s">
          <thead><tr>{head.map((h, i) => <th key={i} scope="col" className={numeric[i] ? "num" : undefined}>{h}</th>)}</tr></thead>
          <tbody>{rows.map((r, y) => <tr key={y}>{head.map((_, x) => <td key={x} className={numeric[x] ? "num" : undefined}>{r[x]}</td>)}</tr>)}</tbody>
        </table>
      </div>
      <p className="prev__f">
        {total === 0 ? "No rows" : `Rows 1 to ${rows.length} of ${formatNumber(total)}${isCut ? " in the part that is shown" : ""}`}{columns > head.length ? `, columns 1 to ${head.length} of ${columns}` : ""}
      </p>
    </>
  );
}
