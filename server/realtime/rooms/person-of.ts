import { newId } from "@/common/ids";
import type { Ctx } from "@/server/ctx";

const colors = ["teal", "amber", "rose", "sky", "olive", "plum", "brick", "slate"] as const;
const taken = new Set<number>();

/** How the others see who holds a socket. Where everyone is let in, guests are numbered while they are here. */
export function personOf(ctx: Ctx): { peerId: string; shown: { userId: string | null; name: string; color: string }; release: () => void } {
  const peerId = newId("peer");
  if (ctx.actor.kind === "user") {
    const { userId, name, color } = ctx.actor;
    return { peerId, shown: { userId, name, color }, release: () => {} };
  }
  let number = 1;
  while (taken.has(number)) number++;
  taken.add(number);
  const color = colors[(number - 1) % colors.length] ?? "teal";
  return { peerId, shown: { userId: null, name: `Guest ${number}`, color }, release: () => taken.delete(number) };
}
