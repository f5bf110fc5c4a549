/**
 * What a refused filter was probably meant to be, in MLflow's search language; null where nothing obvious is wrong.
 * The server alone decides whether a filter is right; this only offers a mend.
 */
export function mendFilter(filter: string): { words: string; filter: string } | null {
  const changes: string[] = [];
  let text = filter;
  const change = (next: string, words: string) => {
    if (next !== text) changes.push(words);
    text = next;
  };
  change(text.replace(/==/g, "="), "one = compares");
  change(text.replace(/\s*&&\s*/g, " and "), "write and between conditions");
  change(text.replace(/\s*\|\|\s*/g, " or "), "write or between conditions");
  change(text.replace(/,\s*(?=(metrics?|params?|tags?|attributes?)\.)/g, " and "), "write and between conditions");
  change(text.replace(/\b(params?|tags?)\.(`[^`]+`|"[^"]+"|[\w.]+)\s*(!=|=|\blike\b|\bilike\b)\s*(?!['"(\s])([^\s'"()]+)/gi, (_, e: string, key: string, op: string, value: string) => `${e}.${key} ${op} '${value}'`), "values of params and tags stand in quotes");
  change(text.replace(/\bmetrics?\.(`[^`]+`|"[^"]+"|[\w.]+)\s*(!=|>=|<=|=|>|<)\s*(['"])([-+.\deE]+)\3/g, (_, key: string, op: string, _q: string, value: string) => `metrics.${key} ${op} ${value}`), "values of metrics stand without quotes");
  change(text.replace(/\b(metrics?|params?|tags?)\.((?=[\w.]*[-/@:%+])[\w./@:%+-]+|[\w.]*-[\w.-]*)(?=\s*(!=|>=|<=|=|>|<|\blike\b|\bilike\b))/gi, (_, e: string, key: string) => `${e}.\`${key}\``), "names with other signs stand in backticks");
  if (changes.length === 0) return null;
  const words = [...new Set(changes)].join("; ");
  return { words: words.charAt(0).toUpperCase() + words.slice(1), filter: text };
}
