/*
 * One chunk, only if it begins where the log ends: the row lock of the UPDATE orders writers, and the condition is looked at again
 * once the lock is held, so a chunk is never stored twice and a number never becomes visible late.
 * $1 job id, $2 offset, $3 bytes, $4 their length, $5 now.
 */
export const appendChunkSql = `
WITH grown AS (
  UPDATE "Job" SET "logBytes" = $2::bigint + $4::bigint, "logSeq" = "logSeq" + 1
  WHERE id = $1 AND "logBytes" = $2::bigint AND NOT "isLogComplete"
  RETURNING "logSeq", "logBytes"
), chunk AS (
  INSERT INTO "LogChunk" ("jobId", seq, "offsetBytes", bytes, "createdAt")
  SELECT $1, "logSeq", $2::bigint, $3::bytea, $5::timestamptz AT TIME ZONE 'UTC' FROM grown
)
SELECT "logBytes" FROM grown`;

/** $1 job id, $2 offset, $3 how many bytes at most: the chunk in which the offset lies and those after it. */
export const readChunksSql = `
SELECT "offsetBytes", bytes FROM "LogChunk"
WHERE "jobId" = $1
  AND "offsetBytes" >= COALESCE((SELECT max("offsetBytes") FROM "LogChunk" WHERE "jobId" = $1 AND "offsetBytes" <= $2::bigint), 0)
  AND "offsetBytes" < $2::bigint + $3::bigint
ORDER BY "offsetBytes"`;
