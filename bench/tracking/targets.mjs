/*
 * What must be reached, as ratios to `mlflow server` in the same interleaved rounds (higher is better). `wall` is throughput or latency,
 * `cpu` processor time of server and PostgreSQL per operation. `most` is a bound on Flowbook's own figure: in the row's unit, or bytes
 * for `growth`.
 */
export const musts = {
  "w1-c1": { wall: 10, cpu: 20 },
  "w1-c16": { wall: 15, cpu: 20 },
  "w2-c1": { wall: 15 },
  "w2-c1-quickack": { wall: 6 },
  "w2-c16": { wall: 25, cpu: 50 },
  "w3-c1": { wall: 20, cpu: 20 },
  "w3-c8": { wall: 15, cpu: 20 },
  "w4-c1": { wall: 15 },
  "w4-c8": { wall: 12 },
  "w5-10k-top": { wall: 20 },
  "w5-10k-deep": { wall: 20 },
  "w5-10k-1000": { wall: 30 },
  "w5-10k-newest": { wall: 25 },
  "w5-10k-tag": { wall: 15 },
  "scale-top": { most: 1.5 },
  "scale-deep": { most: 1.5 },
  "scale-newest": { most: 1.5 },
  "scale-tag": { most: 1.5 },
  "w6-full": { wall: 30 },
  "w6-interval": { wall: 10 },
  "w6-interval-10": { wall: 15 },
  "w7-put-c8": { wall: 2.5 },
  "w7-get-c8": { wall: 6 },
  "w7-get-c1": { wall: 20 },
  "w7-put-big": { wall: 0.95, cpu: 1 / 0.6, growth: 32 * 2 ** 20 },
  "w7-get-big": { wall: 4, cpu: 1 / 0.2, growth: 32 * 2 ** 20 },
  "w8-run": { wall: 6 },
  "w8-proxy": { wall: 6 },
  "w8-one": { wall: 50 },
  "w9-create-c1": { wall: 12 },
  "w9-create-c8": { wall: 8 },
  "w9-search": { wall: 15 },
  "w9-alias": { wall: 20 },
  "w9-alias-quickack": { wall: 6 },
  "w10-cpu": { wall: 20 },
  "w10-pss": { wall: 6 },
  "w10-idle": { wall: 5 },
  "w11-metrics": { wall: 4 },
  "w11-runs": { wall: 4 },
  "w11-params": { wall: 6 },
};

/** What of its musts a row misses, in words; empty when all are met, undefined when it has none or was not measured. */
export function missed(row) {
  const must = musts[row.id];
  if (!must || !row.flowbook) return undefined;
  if (must.most === undefined && !row.ratioWall) return undefined;
  const words = [];
  if (must.wall && !(row.ratioWall?.median >= must.wall)) words.push(`wall ${factor(row.ratioWall?.median)} of ${factor(must.wall)}`);
  if (must.cpu && !(row.ratioCpu?.median >= must.cpu)) words.push(`CPU ${factor(row.ratioCpu?.median)} of ${factor(must.cpu)}`);
  if (must.growth && !(row.flowbook.growth <= must.growth)) words.push(`memory grew by ${Math.round(row.flowbook.growth / 2 ** 20)} MB`);
  if (must.most !== undefined && !(row.flowbook.value <= must.most)) words.push(`${row.flowbook.value?.toFixed(2)} where ${must.most} is the most`);
  return words;
}

export const factor = (n) => (n === undefined ? "–" : `${n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)}×`);

export function mustWords(id) {
  const m = musts[id];
  if (!m) return "";
  return [m.wall && `${factor(m.wall)} wall`, m.cpu && `${factor(m.cpu)} CPU`, m.growth && `+${m.growth / 2 ** 20} MB`, m.most !== undefined && `≤ ${m.most}`].filter(Boolean).join(", ");
}
