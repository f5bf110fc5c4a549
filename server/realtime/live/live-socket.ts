import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { type LiveClientMessage, liveClientMessage, type LiveServerMessage } from "@/common/live/live-messages";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { resizeTerminal, sendInput } from "@/server/domain/jobs";
import { socketLimits } from "../limits";
import { openDoor, tell } from "../socket";
import { LogStream } from "./log-stream";
import { requireTopic } from "./require-topic";

/** Changes of one topic within this time are told once. */
const gatherMs = 50;

/**
 * /ws/live: tells a page that what it shows has changed, streams job logs to it, and takes keys for a step's terminal. Every topic
 * and log is judged by the socket's own ctx; a share link hears of what hangs below its target only.
 */
export function handleLiveSocket(ws: WebSocket, _req: IncomingMessage, ctx: Ctx): void {
  const topics = new Map<string, () => void>();
  const streams = new Map<number, LogStream>();
  const changed = new Set<string>();
  let gather: NodeJS.Timeout | undefined;
  let inputs: Promise<void> = Promise.resolve();

  const door = openDoor(ws, ctx, {
    text: (text) => take(liveClientMessage.parse(JSON.parse(text))),
    bytes: () => door.close(4400, "This socket takes text only."),
    closed: () => {
      clearTimeout(gather);
      for (const stop of topics.values()) stop();
      for (const stream of streams.values()) stream.stop();
      topics.clear();
      streams.clear();
    },
  });
  const send = (message: LiveServerMessage) => door.send(message);

  function take(message: LiveClientMessage): void {
    switch (message.type) {
      case "ping":
        return send({ type: "pong" });
      case "watch":
        for (const topic of message.topics) watch(topic);
        return;
      case "unwatch":
        for (const topic of message.topics) {
          topics.get(topic)?.();
          topics.delete(topic);
        }
        return;
      case "log":
        return follow(message);
      case "log-ack":
        return streams.get(message.stream)?.ack(message.offset);
      case "log-stop":
        return streams.get(message.stream)?.stop();
      case "input":
      case "resize":
        // One after the other: keys reach the terminal in the order in which they were pressed.
        inputs = inputs.then(() => type(message));
        return;
    }
  }

  function watch(topic: string): void {
    if (topics.has(topic)) return;
    if (topics.size >= socketLimits.topicsPerSocket) {
      return send({ type: "refused", topic, kind: "over_limit", message: `At most ${socketLimits.topicsPerSocket} things can be watched at once.` });
    }
    // Listening begins before the check, so that nothing falls between the two; telling begins after it.
    let isAllowed = false;
    let isMissed = false;
    const tellChanged = () => {
      if (isAllowed) soon(topic);
      else isMissed = true;
    };
    const stop = listen(topic, tellChanged);
    topics.set(topic, stop);
    requireTopic(ctx, topic).then(
      () => {
        isAllowed = true;
        if (isMissed && topics.get(topic) === stop) soon(topic);
      },
      (error: unknown) => {
        stop();
        if (topics.get(topic) === stop) topics.delete(topic);
        send({ type: "refused", topic, ...tell(error) });
      },
    );
  }

  function soon(topic: string): void {
    changed.add(topic);
    gather ??= setTimeout(() => {
      gather = undefined;
      for (const t of changed) send({ type: "changed", topic: t });
      changed.clear();
    }, gatherMs);
  }

  function follow({ stream, jobId, offset }: Extract<LiveClientMessage, { type: "log" }>): void {
    streams.get(stream)?.stop();
    if (streams.size >= socketLimits.logsPerSocket && !streams.has(stream)) {
      return send({ type: "refused", stream, jobId, kind: "over_limit", message: `At most ${socketLimits.logsPerSocket} logs can be followed on one page.` });
    }
    const following: LogStream = new LogStream(ctx, stream, jobId, offset, { send, sendBytes: door.sendBytes }, () => {
      if (streams.get(stream) === following) streams.delete(stream);
    });
    streams.set(stream, following);
  }

  async function type(message: Extract<LiveClientMessage, { type: "input" | "resize" }>): Promise<void> {
    try {
      if (message.type === "input") await sendInput(ctx, { jobId: message.jobId, bytes: Buffer.from(message.data, "utf8") });
      else await resizeTerminal(ctx, { jobId: message.jobId, cols: message.cols, rows: message.rows });
    } catch (error) {
      send({ type: "refused", jobId: message.jobId, ...tell(error) });
    }
  }
}
