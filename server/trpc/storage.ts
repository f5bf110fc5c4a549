import { z } from "zod";
import { collectGarbage, gcState, startGc, stopGc, storageUse } from "../domain/gc";
import { procedure, router } from "./trpc";

const olderThan = z.object({ olderThanDays: z.number().min(0).max(3650) });
const toMs = ({ olderThanDays }: z.output<typeof olderThan>) => olderThanDays * 24 * 60 * 60 * 1000;

export const storageRouter = router({
  use: procedure.query(({ ctx }) => storageUse(ctx)),
  /** What a clean-up would free; it frees nothing. */
  preview: procedure.input(olderThan).query(({ ctx, input, signal }) => collectGarbage(ctx, { olderThanMs: toMs(input), isDryRun: true, ...(signal ? { signal } : {}) })),
  cleanUp: procedure.input(olderThan).mutation(({ ctx, input }) => startGc(ctx, { olderThanMs: toMs(input) })),
  state: procedure.query(({ ctx }) => gcState(ctx)),
  stop: procedure.mutation(({ ctx }) => stopGc(ctx)),
});
