import { z } from "zod";

/*
 * /ws/live: one socket a page. JSON both ways, and binary frames for log bytes:
 * 4 bytes stream number, 8 bytes offset in the job's log (both big-endian), then the bytes.
 */

const jobId = z.string().min(1).max(64);
const stream = z.number().int().min(0).max(0xffff_ffff);

export const liveClientMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("watch"), topics: z.array(z.string().min(1).max(200)).max(200) }),
  z.object({ type: z.literal("unwatch"), topics: z.array(z.string().min(1).max(200)).max(200) }),
  z.object({ type: z.literal("log"), stream, jobId, offset: z.number().int().min(0) }),
  z.object({ type: z.literal("log-ack"), stream, offset: z.number().int().min(0) }),
  z.object({ type: z.literal("log-stop"), stream }),
  z.object({ type: z.literal("input"), jobId, data: z.string().max(64 * 1024) }),
  z.object({ type: z.literal("resize"), jobId, cols: z.number().int().min(2).max(1000), rows: z.number().int().min(1).max(1000) }),
  z.object({ type: z.literal("ping") }),
]);
export type LiveClientMessage = z.infer<typeof liveClientMessage>;

export const liveServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("changed"), topic: z.string() }),
  z.object({ type: z.literal("refused"), topic: z.string().optional(), stream: stream.optional(), jobId: z.string().optional(), kind: z.string(), message: z.string() }),
  z.object({ type: z.literal("log-end"), stream, jobId: z.string(), endOffset: z.number() }),
  z.object({ type: z.literal("pong") }),
]);
export type LiveServerMessage = z.infer<typeof liveServerMessage>;

const headBytes = 12;

/** A log frame: where these bytes stand, and for which of the socket's streams. */
export function encodeLogFrame(streamNumber: number, offset: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headBytes + bytes.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, streamNumber);
  view.setBigUint64(4, BigInt(offset));
  frame.set(bytes, headBytes);
  return frame;
}

/** @throws RangeError on a frame too short to hold its head. */
export function decodeLogFrame(data: ArrayBuffer): { stream: number; offset: number; bytes: Uint8Array } {
  const view = new DataView(data);
  return { stream: view.getUint32(0), offset: Number(view.getBigUint64(4)), bytes: new Uint8Array(data, headBytes) };
}
