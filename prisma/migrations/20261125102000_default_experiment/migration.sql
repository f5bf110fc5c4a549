-- Why: clients that name no experiment say 0, which in a workspace other than the first means its own default experiment, kept here.
-- Cost: none, an empty column. Undo: drop the column. The experiments stay.
ALTER TABLE "Workspace" ADD COLUMN "defaultExperimentId" INTEGER;
