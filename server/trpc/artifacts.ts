import { z } from "zod";
import { listArtifacts } from "@/server/domain/artifacts";
import { procedure, router } from "./trpc";

export const artifactsRouter = router({
  /** One folder of a run's artifacts; the bytes themselves come from /get-artifact. */
  list: procedure.input(z.object({ runId: z.string().min(1).max(64), path: z.string().max(2000).optional() })).query(({ ctx, input }) => listArtifacts(ctx, input)),
});
