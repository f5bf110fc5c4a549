-- Segments are always asked for by run and metric: one index less to write for each.
ALTER TABLE "MetricSegment" DROP CONSTRAINT "MetricSegment_pkey", ADD CONSTRAINT "MetricSegment_pkey" PRIMARY KEY ("runSeq", "keyId", "id");
DROP INDEX "MetricSegment_runSeq_keyId_idx";
