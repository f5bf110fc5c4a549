-- Lean tracking tables: runs by an integer, metric names by a dictionary, points packed, no foreign keys on what is written by the
-- thousand. What is there is carried over.

ALTER TABLE "Run" ADD COLUMN "seq" SERIAL NOT NULL;
CREATE UNIQUE INDEX "Run_seq_key" ON "Run"("seq");

ALTER TABLE "Param" RENAME TO "OldParam";
ALTER TABLE "OldParam" RENAME CONSTRAINT "Param_pkey" TO "OldParam_pkey";
CREATE TABLE "Param" (
    "runSeq" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "experimentId" INTEGER NOT NULL,

    CONSTRAINT "Param_pkey" PRIMARY KEY ("runSeq","key")
);
INSERT INTO "Param" SELECT r.seq, p.key, p.value, p."experimentId" FROM "OldParam" p JOIN "Run" r ON r.id = p."runId" ORDER BY r.seq, p.key;
DROP TABLE "OldParam";

ALTER TABLE "Tag" RENAME TO "OldTag";
ALTER TABLE "OldTag" RENAME CONSTRAINT "Tag_pkey" TO "OldTag_pkey";
CREATE TABLE "Tag" (
    "runSeq" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "experimentId" INTEGER NOT NULL,

    CONSTRAINT "Tag_pkey" PRIMARY KEY ("runSeq","key")
);
INSERT INTO "Tag" SELECT r.seq, t.key, t.value, t."experimentId" FROM "OldTag" t JOIN "Run" r ON r.id = t."runId" ORDER BY r.seq, t.key;
DROP TABLE "OldTag";

CREATE TABLE "MetricKey" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "MetricKey_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "MetricKey_name_key" ON "MetricKey"("name");
INSERT INTO "MetricKey" (name) SELECT DISTINCT key FROM "LatestMetric" ORDER BY key;

ALTER TABLE "LatestMetric" RENAME TO "OldLatestMetric";
ALTER TABLE "OldLatestMetric" RENAME CONSTRAINT "LatestMetric_pkey" TO "OldLatestMetric_pkey";
DROP INDEX "LatestMetric_experimentId_key_value_runId_idx";
CREATE TABLE "LatestMetric" (
    "runSeq" INTEGER NOT NULL,
    "keyId" INTEGER NOT NULL,
    "experimentId" INTEGER NOT NULL,
    "step" BIGINT NOT NULL,
    "timestampMs" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "LatestMetric_pkey" PRIMARY KEY ("runSeq","keyId")
);
INSERT INTO "LatestMetric" SELECT r.seq, k.id, l."experimentId", l.step, l."timestampMs", CASE WHEN l."isNan" THEN 'NaN' ELSE l.value END
  FROM "OldLatestMetric" l JOIN "Run" r ON r.id = l."runId" JOIN "MetricKey" k ON k.name = l.key ORDER BY r.seq, k.id;
DROP TABLE "OldLatestMetric";
CREATE INDEX "LatestMetric_experimentId_keyId_value_runSeq_idx" ON "LatestMetric"("experimentId", "keyId", "value", "runSeq");

CREATE TABLE "MetricSegment" (
    "id" BIGSERIAL NOT NULL,
    "runSeq" INTEGER NOT NULL,
    "keyId" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "firstStep" BIGINT NOT NULL,
    "lastStep" BIGINT NOT NULL,
    "minTimestampMs" BIGINT NOT NULL,
    "maxTimestampMs" BIGINT NOT NULL,
    "points" BYTEA NOT NULL,

    CONSTRAINT "MetricSegment_pkey" PRIMARY KEY ("id")
);
-- Not compressed, so that a few points of a large segment can be read without the rest.
ALTER TABLE "MetricSegment" ALTER COLUMN "points" SET STORAGE EXTERNAL;
INSERT INTO "MetricSegment" ("runSeq", "keyId", count, "firstStep", "lastStep", "minTimestampMs", "maxTimestampMs", points)
  SELECT seq, "keyId", count(*), min(step), max(step), min("timestampMs"), max("timestampMs"),
    string_agg(int8send(step) || int8send("timestampMs") || float8send(v), ''::bytea ORDER BY n)
  FROM (
    SELECT r.seq, k.id AS "keyId", m.step, m."timestampMs", CASE WHEN m."isNan" THEN 'NaN' ELSE m.value END AS v,
      row_number() OVER (PARTITION BY r.seq, k.id ORDER BY m.step, m."timestampMs", m.value, m."isNan") AS n
    FROM "Metric" m JOIN "Run" r ON r.id = m."runId" JOIN "MetricKey" k ON k.name = m.key
  ) p GROUP BY seq, "keyId", (n - 1) / 4096 ORDER BY seq, "keyId", min(n);
DROP TABLE "Metric";
CREATE INDEX "MetricSegment_runSeq_keyId_idx" ON "MetricSegment"("runSeq", "keyId");

CREATE TABLE "RunFragment" (
    "runSeq" INTEGER NOT NULL,
    "revision" BIGINT NOT NULL,
    "json" TEXT NOT NULL,

    CONSTRAINT "RunFragment_pkey" PRIMARY KEY ("runSeq")
);

-- Equality on a param or a tag. A value may be longer than an index takes: the index has its beginning.
CREATE INDEX "Param_experimentId_key_value_idx" ON "Param" ("experimentId", "key", left("value", 128), "runSeq");
CREATE INDEX "Tag_experimentId_key_value_idx" ON "Tag" ("experimentId", "key", left("value", 128), "runSeq");
