import { artifactsRouter } from "./artifacts";
import { experimentsRouter } from "./experiments";
import { filesRouter } from "./files";
import { jobsRouter } from "./jobs";
import { modelsRouter } from "./models";
import { projectsRouter } from "./projects";
import { runsRouter } from "./runs";
import { sharesRouter } from "./shares";
import { storageRouter } from "./storage";
import { router } from "./trpc";
import { workspacesRouter } from "./workspaces";

/** What pages may ask: one router for each noun. */
export const appRouter = router({
  artifacts: artifactsRouter,
  experiments: experimentsRouter,
  files: filesRouter,
  jobs: jobsRouter,
  models: modelsRouter,
  projects: projectsRouter,
  runs: runsRouter,
  shares: sharesRouter,
  storage: storageRouter,
  workspaces: workspacesRouter,
});

export type AppRouter = typeof appRouter;
