-- Why: traces, their spans and what was judged of them. Cost: none, the tables are new. Undo: drop the four tables.
CREATE TABLE "Trace" (
    "seq" BIGSERIAL NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "experimentId" INTEGER NOT NULL,
    "timestampMs" BIGINT NOT NULL,
    "executionMs" BIGINT,
    "state" TEXT NOT NULL,
    "name" TEXT,
    "sessionId" TEXT,
    "clientRequestId" TEXT,
    "requestPreview" TEXT,
    "responsePreview" TEXT,
    "tags" JSONB NOT NULL DEFAULT '{}',
    "metadata" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "Trace_pkey" PRIMARY KEY ("seq")
);
CREATE UNIQUE INDEX "Trace_workspaceId_id_key" ON "Trace"("workspaceId", "id");
CREATE INDEX "Trace_experimentId_timestampMs_id_idx" ON "Trace"("experimentId", "timestampMs" DESC, "id");
CREATE INDEX "Trace_experimentId_sessionId_idx" ON "Trace"("experimentId", "sessionId");
ALTER TABLE "Trace" ADD CONSTRAINT "Trace_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "Span" (
    "traceSeq" BIGINT NOT NULL,
    "spanId" TEXT NOT NULL,
    "parentSpanId" TEXT,
    "name" TEXT NOT NULL,
    "type" TEXT,
    "status" TEXT NOT NULL,
    "startNano" BIGINT NOT NULL,
    "endNano" BIGINT,
    "content" TEXT NOT NULL,

    CONSTRAINT "Span_pkey" PRIMARY KEY ("traceSeq","spanId")
);
ALTER TABLE "Span" ADD CONSTRAINT "Span_traceSeq_fkey" FOREIGN KEY ("traceSeq") REFERENCES "Trace"("seq") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "Assessment" (
    "traceSeq" BIGINT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "number" DOUBLE PRECISION,
    "error" JSONB,
    "sourceType" TEXT NOT NULL,
    "sourceId" TEXT,
    "spanId" TEXT,
    "runId" TEXT,
    "rationale" TEXT,
    "overrides" TEXT,
    "isValid" BOOLEAN NOT NULL DEFAULT true,
    "metadata" JSONB,
    "createdMs" BIGINT NOT NULL,
    "lastUpdatedMs" BIGINT NOT NULL,

    CONSTRAINT "Assessment_pkey" PRIMARY KEY ("traceSeq","id")
);
ALTER TABLE "Assessment" ADD CONSTRAINT "Assessment_traceSeq_fkey" FOREIGN KEY ("traceSeq") REFERENCES "Trace"("seq") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "TraceLink" (
    "kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "traceSeq" BIGINT NOT NULL,

    CONSTRAINT "TraceLink_pkey" PRIMARY KEY ("kind","target","traceSeq")
);
CREATE INDEX "TraceLink_traceSeq_idx" ON "TraceLink"("traceSeq");
ALTER TABLE "TraceLink" ADD CONSTRAINT "TraceLink_traceSeq_fkey" FOREIGN KEY ("traceSeq") REFERENCES "Trace"("seq") ON DELETE CASCADE ON UPDATE CASCADE;
