import { type DocsClientMessage, decodeServerUpdate, docsServerMessage } from "@/common/live/docs-messages";
import { ReconnectingSocket, socketUrl } from "../reconnecting-socket";
import { DocRoom } from "./doc-room";
import type { Person, SaveStatus } from "./types";

const leaveAfterMs = 3_000;

/** All live documents of a page over one socket. */
export class DocsClient {
  readonly #socket: ReconnectingSocket;
  readonly #rooms = new Map<string, DocRoom>();
  readonly #byNumber = new Map<number, DocRoom>();
  readonly #listeners = new Set<() => void>();
  #nextNumber = 1;
  #status: SaveStatus = { kind: "loading" };
  #people: Person[] = [];

  constructor(options: { url: () => string; makeSocket?: (url: string) => WebSocket }) {
    this.#socket = new ReconnectingSocket({
      ...options,
      onOpen: () => {
        for (const room of this.#rooms.values()) room.join();
      },
      onText: (text) => {
        const parsed = docsServerMessage.safeParse(JSON.parse(text));
        if (parsed.success && "room" in parsed.data) this.#byNumber.get(parsed.data.room)?.hear(parsed.data);
      },
      onBytes: (data) => {
        const { room, update } = decodeServerUpdate(data);
        this.#byNumber.get(room)?.hearUpdate(update);
      },
      onState: (state) => {
        if (state.kind === "paused") for (const room of this.#rooms.values()) room.disconnected();
        else for (const room of this.#rooms.values()) room.changed();
      },
    });
  }

  /** Opens a file's document, or shares the one that is open. Every `open` wants a `close`. */
  open(fileId: string): DocRoom {
    let room = this.#rooms.get(fileId);
    if (!room) {
      room = new DocRoom(fileId, this.#nextNumber++, {
        say: (message: DocsClientMessage) => this.#socket.send(JSON.stringify(message)),
        sendBytes: (bytes) => this.#socket.send(bytes),
        pausedSinceMs: () => (this.#socket.state.kind === "paused" ? this.#socket.state.sinceMs : null),
      });
      this.#rooms.set(fileId, room);
      this.#byNumber.set(room.number, room);
      room.subscribe(() => this.#changed());
      if (this.#socket.isOpen) room.join();
      else this.#socket.open();
    }
    room.users++;
    return room;
  }

  /** The document stays until what was typed is stored, and a moment longer, so that a remount finds it. */
  close(room: DocRoom): void {
    room.users--;
    const drop = () => {
      if (room.users > 0 || this.#rooms.get(room.fileId) !== room) return;
      if (room.unsavedCount > 0) return void setTimeout(drop, leaveAfterMs);
      this.#rooms.delete(room.fileId);
      this.#byNumber.delete(room.number);
      room.dispose();
      if (this.#rooms.size === 0) this.#socket.close();
      this.#changed();
    };
    setTimeout(drop, leaveAfterMs);
  }

  find(fileId: string): DocRoom | undefined {
    return this.#rooms.get(fileId);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The worst state of all documents on the page: it says "saved" only when each is. */
  get status(): SaveStatus {
    return this.#status;
  }

  get people(): Person[] {
    return this.#people;
  }

  get unsavedCount(): number {
    let count = 0;
    for (const room of this.#rooms.values()) count += room.unsavedCount;
    return count;
  }

  /** Ends the connection at once; for tests. */
  destroy(): void {
    this.#socket.close();
    this.#rooms.clear();
    this.#byNumber.clear();
  }

  #changed() {
    this.#status = kept(this.#status, worst([...this.#rooms.values()].map((room) => room.status)));
    this.#people = kept(this.#people, peopleOf(this.#rooms.values()));
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The old object when the new one says the same, so that nothing is drawn for nothing. */
const kept = <T>(before: T, after: T): T => (JSON.stringify(before) === JSON.stringify(after) ? before : after);

const order = ["replaced", "error", "offline", "saving", "loading", "saved"] as const;

/** One status for several documents: the gravest kind, its counts added up. */
export function worst(all: readonly SaveStatus[]): SaveStatus {
  let result: SaveStatus | undefined;
  for (const status of all) {
    if (!result || order.indexOf(status.kind) < order.indexOf(result.kind)) result = status;
    else if (status.kind === "saving" && result.kind === "saving") result = { kind: "saving", unsaved: status.unsaved + result.unsaved };
    else if (status.kind === "offline" && result.kind === "offline") {
      result = { ...result, unsaved: status.unsaved + result.unsaved, sinceMs: Math.min(status.sinceMs, result.sinceMs) };
    } else if (status.kind === "saved" && result.kind === "saved") result = { kind: "saved", seq: Math.max(status.seq, result.seq) };
  }
  return result ?? { kind: "loading" };
}

/** Everybody who has one of these documents open, once each, with the files they have open. */
function peopleOf(rooms: Iterable<DocRoom>): Person[] {
  const people = new Map<string, Person>();
  for (const room of rooms) {
    for (const peer of room.peers.values()) {
      const key = peer.userId ?? peer.peerId;
      const known = people.get(key);
      if (known) known.fileIds = [...new Set([...known.fileIds, room.fileId])];
      else people.set(key, { peerId: peer.peerId, userId: peer.userId, name: peer.name, color: peer.color, isMe: false, fileIds: [room.fileId] });
    }
  }
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
}

let client: DocsClient | undefined;

/** The page's documents. Browser only. */
export function docsClient(): DocsClient {
  if (!client) {
    client = new DocsClient({ url: () => socketUrl("/ws/docs") });
    window.addEventListener("beforeunload", (event) => {
      if ((client?.unsavedCount ?? 0) > 0) event.preventDefault();
    });
  }
  return client;
}
