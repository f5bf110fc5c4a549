import { z } from "zod";
import { createExperiment, deleteExperiment, getExperiment, listExperiments, restoreExperiment, updateExperiment } from "@/server/domain/experiments";
import { procedure, router } from "./trpc";

const ofExperiment = z.object({ experimentId: z.number().int() });

export const experimentsRouter = router({
  list: procedure.input(z.object({ limit: z.number().int().min(1).max(1000).optional(), pageToken: z.string().optional() }).optional()).query(({ ctx, input }) => listExperiments(ctx, input ?? {})),
  get: procedure.input(ofExperiment).query(({ ctx, input }) => getExperiment(ctx, input)),
  create: procedure.input(z.object({ name: z.string().trim().min(1).max(500) })).mutation(({ ctx, input }) => createExperiment(ctx, input)),
  rename: procedure.input(ofExperiment.extend({ name: z.string().trim().min(1).max(500) })).mutation(async ({ ctx, input }) => { await updateExperiment(ctx, input); }),
  remove: procedure.input(ofExperiment).mutation(async ({ ctx, input }) => { await deleteExperiment(ctx, input); }),
  restore: procedure.input(ofExperiment).mutation(async ({ ctx, input }) => { await restoreExperiment(ctx, input); }),
});
