import type { Ctx } from "@/server/ctx";
import { Room } from "./room";

/** A room without members is kept this long, so that a reload finds it open. */
const lingerMs = 20_000;

const rooms = new Map<string, Promise<Room>>();

/**
 * The one room of a file in this process, opened when the first comes. Check that the caller may see the file before.
 *
 * @throws DomainError when the document cannot be loaded; the next caller tries again.
 */
export function roomOf(ctx: Ctx, fileId: string): Promise<Room> {
  const known = rooms.get(fileId);
  if (known) return known;
  const opening: Promise<Room> = Room.open(ctx, fileId, () => {
    if (rooms.get(fileId) === opening) rooms.delete(fileId);
  });
  rooms.set(fileId, opening);
  opening.catch(() => {
    if (rooms.get(fileId) === opening) rooms.delete(fileId);
  });
  return opening;
}

/** Closes the room when it stays empty and everything in it is stored. */
export function leaveToClose(room: Room): void {
  setTimeout(() => {
    if (room.members.size > 0 || room.isEnded) return;
    if (!room.isIdle) return leaveToClose(room);
    room.end();
  }, lingerMs).unref();
}

/** Waits until what was received is stored, at most `atMostMs`; for an orderly stop. */
export async function drainRooms(atMostMs = 5_000): Promise<void> {
  const open = await Promise.allSettled(rooms.values());
  await Promise.all(open.map((r) => (r.status === "fulfilled" ? r.value.drained(atMostMs) : undefined)));
}
