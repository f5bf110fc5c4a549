-- Why: an import from another MLflow notes each thing that it brought, under which id and whether it is whole, so that it can be cut
-- off at any point and go on, and never brings anything twice.
-- Cost: none, an empty table. Undo: drop the table. The imported things stay.
CREATE TABLE "TransferItem" (
    "workspaceId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "sourceId" TEXT NOT NULL,
    "targetId" TEXT NOT NULL,
    "fromUri" TEXT NOT NULL DEFAULT '',
    "isNew" BOOLEAN NOT NULL DEFAULT true,
    "fingerprint" TEXT NOT NULL DEFAULT '',
    "tally" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "TransferItem_pkey" PRIMARY KEY ("workspaceId","source","kind","sourceId")
);

-- CreateIndex
CREATE INDEX "TransferItem_workspaceId_kind_sourceId_idx" ON "TransferItem"("workspaceId", "kind", "sourceId");
