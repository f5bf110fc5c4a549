import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { decodeClientUpdate, type DocsClientMessage, docsClientMessage, fromBase64 } from "@/common/live/docs-messages";
import { can, requireAccess } from "@/server/access";
import type { Ctx } from "@/server/ctx";
import { getFile } from "@/server/domain/files";
import { DomainError, forbidden } from "@/server/errors";
import { socketLimits } from "../limits";
import { type Door, openDoor, tell } from "../socket";
import { personOf } from "./person-of";
import { leaveToClose, roomOf } from "./registry";
import type { Member, Room } from "./room";

/** A place is taken the moment a join arrives, so that what follows on the socket waits for it in order. */
type Place = { joined: Promise<{ room: Room; member: Member } | null>; isLeft: boolean };

/**
 * /ws/docs: carries the live documents of one page. Access is judged at each join, and anew when it changes, as the
 * socket is closed then. Share links and steps never see live files.
 */
export function handleDocsSocket(ws: WebSocket, _req: IncomingMessage, ctx: Ctx): void {
  const places = new Map<number, Place>();
  const person = personOf(ctx);

  const door = openDoor(ws, ctx, {
    text: (text) => take(docsClientMessage.parse(JSON.parse(text)), text.length),
    bytes: async (frame) => {
      const { room, clientSeq, update } = decodeClientUpdate(frame);
      const place = await places.get(room)?.joined;
      // Not joined (any more): it is not acknowledged, so the client still holds it.
      place?.room.receive(place.member, clientSeq, update);
    },
    closed: () => {
      person.release();
      for (const n of [...places.keys()]) leave(n);
    },
  });

  function take(message: DocsClientMessage, length: number): void {
    if (message.type === "ping") return door.send({ type: "pong" });
    if (message.type === "leave") return leave(message.room);
    if (message.type === "presence") {
      if (length > socketLimits.presenceBytes) return;
      void places.get(message.room)?.joined.then((place) => place?.room.setSelection(place.member, message.selection));
      return;
    }
    if (places.has(message.room)) leave(message.room);
    if (places.size >= socketLimits.roomsPerSocket) {
      return door.send({ type: "refused", room: message.room, kind: "over_limit", message: `At most ${socketLimits.roomsPerSocket} files can be open on one page.` });
    }
    const place: Place = { isLeft: false, joined: Promise.resolve(null) };
    places.set(message.room, place);
    place.joined = join(message, place).catch((error) => {
      if (places.get(message.room) === place) places.delete(message.room);
      if (!place.isLeft) door.send({ type: "refused", room: message.room, ...tell(error) });
      return null;
    });
  }

  async function join(message: Extract<DocsClientMessage, { type: "join" }>, place: Place) {
    requireAccess(ctx, "view");
    if (ctx.actor.kind === "step") throw forbidden("A step does not open live documents.");
    // Refused here, before anything is loaded, when it is another workspace's or there is none.
    const file = await getFile(ctx, { fileId: message.fileId });
    if (file.kind !== "text") throw new DomainError("invalid", "This file is not text; it is shown and replaced whole.");
    let room = await roomOf(ctx, message.fileId);
    if (room.isEnded) room = await roomOf(ctx, message.fileId);
    if (place.isLeft) {
      leaveToClose(room);
      return null;
    }
    if (message.epoch !== undefined && message.epoch !== room.epoch) {
      door.send({ type: "replaced", room: message.room, epoch: room.epoch });
      places.delete(message.room);
      leaveToClose(room);
      return null;
    }
    const member = newMember(door, message.room, place);
    try {
      room.join(member, message.stateVector ? fromBase64(message.stateVector) : undefined);
    } catch (cause) {
      leaveToClose(room);
      throw new DomainError("invalid", "The state that this page says it has cannot be read. Reload the page.", { cause });
    }
    return { room, member };
  }

  function newMember(to: Door, room: number, place: Place): Member {
    return {
      room,
      peerId: person.peerId,
      ctx,
      canEdit: can(ctx, "edit"),
      person: person.shown,
      selection: null,
      send: to.send,
      sendBytes: to.sendBytes,
      gone: () => {
        if (places.get(room) === place) places.delete(room);
      },
    };
  }

  function leave(roomNumber: number): void {
    const place = places.get(roomNumber);
    if (!place) return;
    places.delete(roomNumber);
    place.isLeft = true;
    void place.joined.then((joined) => {
      if (!joined) return;
      joined.room.leave(joined.member);
      leaveToClose(joined.room);
    });
  }
}
