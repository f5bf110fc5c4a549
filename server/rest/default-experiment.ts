import type { Ctx } from "@/server/ctx";
import { defaultExperimentId } from "@/server/domain/experiments";

/**
 * A request's fields with experiment "0" made the caller's own default experiment: the id itself in the first workspace, another
 * elsewhere. Answers give the real id, which clients then use.
 */
export async function withRealExperiments<T>(ctx: Ctx, input: T): Promise<T> {
  const fields = input as { experiment_id?: unknown; experiment_ids?: unknown };
  const isOne = fields.experiment_id === 0;
  const isListed = Array.isArray(fields.experiment_ids) && fields.experiment_ids.some(isZero);
  if (!isOne && !isListed) return input;
  const id = await defaultExperimentId(ctx);
  if (id === 0) return input;
  return {
    ...input,
    ...(isOne ? { experiment_id: id } : {}),
    ...(isListed ? { experiment_ids: (fields.experiment_ids as unknown[]).map((e) => (isZero(e) ? String(id) : e)) } : {}),
  };
}

const isZero = (id: unknown) => typeof id === "string" && /^0+$/.test(id);
