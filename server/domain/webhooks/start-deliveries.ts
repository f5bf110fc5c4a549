import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { env } from "@/server/env";
import { log } from "@/server/log";
import { createSender, forgetOldDeliveries, nextDeliveryAt } from "./deliver";
import { deliveriesTopic } from "./raise";
import type { SendOptions } from "./send";

/** At most this long after a delivery was written, also when its announcement was lost. */
const pollMs = 15_000;
const tidyEveryMs = 3600_000;

/** Sends webhook deliveries while the process lives: at once when one is written, and again when one is due. Returns the way to stop. */
export function startDeliveries(ctx: Ctx, options: SendOptions = { allowedHosts: env().webhookHosts }): () => void {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let tidiedAtMs = 0;
  const note = (error: unknown) => log.info({ error: String(error) }, "webhooks could not be sent, trying again");
  const sender = createSender(ctx, options, { onError: note, onEnd: () => void run() });

  const wakeIn = (waitMs: number) => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void run(), waitMs).unref();
  };
  async function run() {
    let waitMs = pollMs;
    try {
      await sender.pump();
      const next = await nextDeliveryAt(ctx);
      // One that is due and was not taken waits for room, and the end of another makes it.
      if (next && next.getTime() > Date.now()) waitMs = Math.min(pollMs, next.getTime() - Date.now() + 10);
      if (Date.now() - tidiedAtMs > tidyEveryMs) {
        tidiedAtMs = Date.now();
        await forgetOldDeliveries(ctx);
      }
    } catch (error) {
      note(error);
      waitMs = 2_000;
    }
    wakeIn(waitMs);
  }
  const unlisten = listen(deliveriesTopic, () => void run());
  void run();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    unlisten();
  };
}
