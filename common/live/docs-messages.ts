import { z } from "zod";

/*
 * /ws/docs: one socket carries every live document of a page. The client numbers its rooms; a room is one file.
 *
 *   client: join → server: joined (with the server's state vector) and an update that holds what the client lacks
 *   client: update #n → server stores it, then tells peers and answers saved n. Never before the commit.
 *
 * After a reconnect the client joins again and sends what the server's state vector lacks, so nothing is numbered across connections.
 * JSON for the talk, binary for updates: 1 byte kind, 4 bytes room, from the client also 4 bytes clientSeq (big-endian), then a Yjs update.
 */

const room = z.number().int().min(0).max(0xffff_ffff);
const base64 = z.string().max(512 * 1024).regex(/^[A-Za-z0-9+/]*={0,2}$/);

/** A Yjs relative position as JSON; opaque to the server, small by the limit on the message. */
const relativePosition = z.record(z.string(), z.unknown());
export const selection = z.object({ anchor: relativePosition, head: relativePosition });
export type Selection = z.infer<typeof selection>;

export const docsClientMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("join"), room, fileId: z.string().min(1).max(64), epoch: z.number().int().min(0).optional(), stateVector: base64.optional() }),
  z.object({ type: z.literal("leave"), room }),
  z.object({ type: z.literal("presence"), room, selection: selection.nullable() }),
  z.object({ type: z.literal("ping") }),
]);
export type DocsClientMessage = z.infer<typeof docsClientMessage>;

/** Name and colour come from the server's knowledge of who holds the socket, never from the client. */
export const peer = z.object({
  peerId: z.string(),
  userId: z.string().nullable(),
  name: z.string(),
  color: z.string(),
  canEdit: z.boolean(),
  selection: selection.nullable(),
});
export type Peer = z.infer<typeof peer>;

export const docsServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("joined"), room, epoch: z.number(), seq: z.number(), canEdit: z.boolean(), me: z.string(), stateVector: base64, peers: z.array(peer) }),
  /** Everything up to this update of yours is committed; `seq` is the document's number for it. */
  z.object({ type: z.literal("saved"), room, clientSeq: z.number(), seq: z.number() }),
  /** The store is away; what was sent is kept and tried again. */
  z.object({ type: z.literal("unsaved"), room, message: z.string() }),
  /** Without clientSeq the room is closed for this client; with it, that update is not stored and will not be. */
  z.object({ type: z.literal("refused"), room, clientSeq: z.number().optional(), kind: z.string(), message: z.string() }),
  /** The stored document has another epoch: set the text aside and join again without one. */
  z.object({ type: z.literal("replaced"), room, epoch: z.number() }),
  z.object({ type: z.literal("peer"), room, peer }),
  z.object({ type: z.literal("peer-left"), room, peerId: z.string() }),
  z.object({ type: z.literal("pong") }),
]);
export type DocsServerMessage = z.infer<typeof docsServerMessage>;

/** The name under which a file's text stands in its Y.Doc. */
export const docTextName = "content";

const updateKind = 1;

/** An update on its way to the server. */
export function encodeClientUpdate(roomNumber: number, clientSeq: number, update: Uint8Array): Uint8Array {
  const frame = new Uint8Array(9 + update.byteLength);
  const view = new DataView(frame.buffer);
  frame[0] = updateKind;
  view.setUint32(1, roomNumber);
  view.setUint32(5, clientSeq);
  frame.set(update, 9);
  return frame;
}

/** @throws RangeError when the frame is no client update. */
export function decodeClientUpdate(frame: Uint8Array): { room: number; clientSeq: number; update: Uint8Array } {
  if (frame.byteLength < 10 || frame[0] !== updateKind) throw new RangeError("no update frame");
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { room: view.getUint32(1), clientSeq: view.getUint32(5), update: frame.subarray(9) };
}

/** An update on its way to a client. */
export function encodeServerUpdate(roomNumber: number, update: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + update.byteLength);
  const view = new DataView(frame.buffer);
  frame[0] = updateKind;
  view.setUint32(1, roomNumber);
  frame.set(update, 5);
  return frame;
}

/** @throws RangeError when the frame is no server update. */
export function decodeServerUpdate(data: ArrayBuffer): { room: number; update: Uint8Array } {
  const view = new DataView(data);
  if (data.byteLength < 6 || view.getUint8(0) !== updateKind) throw new RangeError("no update frame");
  return { room: view.getUint32(1), update: new Uint8Array(data, 5) };
}

/** Base64 of a state vector; they are short. */
export const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
