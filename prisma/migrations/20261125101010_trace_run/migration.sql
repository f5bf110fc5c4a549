-- Why: the traces of a run are asked for by the run's id, which stands in their metadata. Without this all of an experiment's were read.
-- Cost: blocks writes of traces while it builds. Undo: drop the index, nothing depends on it.
CREATE INDEX "Trace_sourceRun_idx" ON "Trace" ((metadata ->> 'mlflow.sourceRun')) WHERE metadata ? 'mlflow.sourceRun';
