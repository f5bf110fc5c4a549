-- Every search of versions leaves out those of prompts, which are few: the ones that are stand in an index of their own.
CREATE INDEX "ModelVersionTag_prompt_idx" ON "ModelVersionTag" ("modelId") WHERE key = 'mlflow.prompt.is_prompt' AND value = 'true';
