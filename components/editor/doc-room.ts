import * as Y from "yjs";
import { type DocsClientMessage, type DocsServerMessage, docTextName, encodeClientUpdate, fromBase64, type Peer, type Selection, toBase64 } from "@/common/live/docs-messages";
import type { SaveStatus } from "./types";

/** What a room needs of the page's socket. `say` and `sendBytes` are false while there is no connection. */
export type RoomWires = {
  say: (message: DocsClientMessage) => boolean;
  sendBytes: (bytes: Uint8Array<ArrayBuffer>) => boolean;
  pausedSinceMs: () => number | null;
};

type Unsaved = { clientSeq: number; changes: number; atMs: number };

const presenceEveryMs = 60;
const rejoinMs = 1_500;

/**
 * One live document on a page. It keeps what was typed until the server says that it is stored, whatever happens to the connection:
 * after each joining it sends what the server's state lacks.
 */
export class DocRoom {
  doc = new Y.Doc();
  isLoaded = false;
  canEdit = false;
  me: string | null = null;
  readonly peers = new Map<string, Peer>();
  users = 0;
  #epoch: number | null = null;
  #seq = 0;
  #clientSeq = 0;
  #unsaved: Unsaved[] = [];
  #outbox: Uint8Array[] = [];
  #isJoined = false;
  /** The state vector that the server told at joining, until the text that it lacks was sent. */
  #awaitsState = false;
  #storeAway: string | null = null;
  #error: string | null = null;
  #asideText: string | null = null;
  #status: SaveStatus = { kind: "loading" };
  #listeners = new Set<() => void>();
  #presenceTimer: ReturnType<typeof setTimeout> | undefined;
  #selection: Selection | null = null;
  #rejoinTimer: ReturnType<typeof setTimeout> | undefined;
  /** Grows when `doc` is another one: what was bound to the old must bind anew. */
  generation = 0;

  constructor(
    readonly fileId: string,
    readonly number: number,
    readonly wires: RoomWires,
  ) {
    this.doc.on("update", this.#onUpdate);
  }

  get text(): Y.Text {
    return this.doc.getText(docTextName);
  }

  get status(): SaveStatus {
    return this.#status;
  }

  /** Single edits not yet known to be stored. */
  get unsavedCount(): number {
    return this.#unsaved.reduce((sum, u) => sum + u.changes, this.#outbox.length);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** (Re)enters the room; the server answers with what this document lacks. */
  join(): void {
    this.#isJoined = false;
    const message: DocsClientMessage = { type: "join", room: this.number, fileId: this.fileId };
    if (this.isLoaded && this.#epoch !== null) {
      message.epoch = this.#epoch;
      message.stateVector = toBase64(Y.encodeStateVector(this.doc));
    }
    this.wires.say(message);
  }

  /** The connection is gone: nothing that was under way counts as stored. */
  disconnected(): void {
    this.#isJoined = false;
    this.#storeAway = null;
    this.peers.clear();
    this.changed();
  }

  setSelection(selection: Selection | null): void {
    this.#selection = selection;
    this.#presenceTimer ??= setTimeout(() => {
      this.#presenceTimer = undefined;
      if (this.#isJoined) this.wires.say({ type: "presence", room: this.number, selection: this.#selection });
    }, presenceEveryMs);
  }

  /** The text set aside was looked at. */
  forgetAside(): void {
    this.#asideText = null;
    this.changed();
  }

  hear(message: DocsServerMessage & { room: number }): void {
    switch (message.type) {
      case "joined":
        this.#joined(message);
        break;
      case "saved":
        this.#storeAway = null;
        this.#seq = message.seq;
        this.#unsaved = this.#unsaved.filter((u) => u.clientSeq > message.clientSeq);
        break;
      case "unsaved":
        this.#storeAway = message.message;
        break;
      case "peer":
        if (message.peer.peerId !== this.me) this.peers.set(message.peer.peerId, message.peer);
        break;
      case "peer-left":
        this.peers.delete(message.peerId);
        break;
      case "replaced":
        this.#startOver();
        break;
      case "refused":
        this.#refused(message);
        break;
    }
    this.changed();
  }

  hearUpdate(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, this);
    if (this.#awaitsState) {
      this.#awaitsState = false;
      this.isLoaded = true;
      this.changed();
    }
  }

  dispose(): void {
    clearTimeout(this.#presenceTimer);
    clearTimeout(this.#rejoinTimer);
    this.wires.say({ type: "leave", room: this.number });
    this.doc.destroy();
  }

  /** Works the status out anew and tells whoever shows it. */
  changed(): void {
    const next = this.#now();
    // The same words keep the same object, so that a moving caret redraws no status.
    if (JSON.stringify(next) !== JSON.stringify(this.#status)) this.#status = next;
    for (const listener of [...this.#listeners]) listener();
  }

  #joined(message: Extract<DocsServerMessage, { type: "joined" }>) {
    this.#isJoined = true;
    this.#awaitsState = true;
    this.#storeAway = null;
    this.#error = null;
    this.#epoch = message.epoch;
    this.#seq = message.seq;
    this.canEdit = message.canEdit;
    this.me = message.me;
    this.peers.clear();
    for (const p of message.peers) if (p.peerId !== message.me) this.peers.set(p.peerId, p);
    if (this.#selection) this.setSelection(this.#selection);
    const serverState = fromBase64(message.stateVector);
    if (!this.isLoaded || !(this.unsavedCount > 0 || this.#isAheadOf(serverState))) return;
    if (!message.canEdit) return this.#startOver();
    // One update holds everything that the server lacks, whatever of it was sent before.
    const changes = this.unsavedCount;
    const atMs = this.#unsaved[0]?.atMs ?? Date.now();
    this.#outbox = [];
    this.#unsaved = [];
    this.#send(Y.encodeStateAsUpdate(this.doc, serverState), Math.max(1, changes), atMs);
  }

  #isAheadOf(stateVector: Uint8Array): boolean {
    const theirs = Y.decodeStateVector(stateVector);
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(this.doc))) if (clock > (theirs.get(client) ?? 0)) return true;
    return false;
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown) => {
    if (origin === this) return;
    this.#outbox.push(update);
    // Edits of one turn (a multi-cursor keystroke, a replace-all) travel as one.
    if (this.#outbox.length === 1) queueMicrotask(() => this.#flush());
    this.changed();
  };

  #flush() {
    const [first] = this.#outbox;
    if (!first) return;
    const update = this.#outbox.length === 1 ? first : Y.mergeUpdates(this.#outbox);
    this.#outbox = [];
    this.#send(update, 1, Date.now());
    this.changed();
  }

  #send(update: Uint8Array, changes: number, atMs: number) {
    const clientSeq = ++this.#clientSeq;
    this.#unsaved.push({ clientSeq, changes, atMs });
    // While not joined it waits here: joining sends what the server lacks.
    if (this.#isJoined) this.wires.sendBytes(encodeClientUpdate(this.number, clientSeq, update) as Uint8Array<ArrayBuffer>);
  }

  #refused({ clientSeq, kind, message }: Extract<DocsServerMessage, { type: "refused" }>) {
    if (clientSeq !== undefined) {
      // What the server will not store cannot stay in a document that says it is shared.
      this.#startOver(message);
      return;
    }
    this.#isJoined = false;
    this.peers.clear();
    if (kind === "unavailable" || kind === "internal" || kind === "over_limit") {
      this.#storeAway = message;
      clearTimeout(this.#rejoinTimer);
      this.#rejoinTimer = setTimeout(() => this.join(), rejoinMs);
      return;
    }
    if (this.unsavedCount > 0) this.#asideText = this.text.toString();
    this.#error = message;
  }

  /** Throws the copy away and loads the stored document; text that is stored nowhere else is set aside first. */
  #startOver(reason?: string) {
    if (this.unsavedCount > 0 || reason) this.#asideText = this.text.toString();
    this.doc.off("update", this.#onUpdate);
    const old = this.doc;
    this.doc = new Y.Doc();
    this.doc.on("update", this.#onUpdate);
    this.#unsaved = [];
    this.#outbox = [];
    this.#epoch = null;
    this.isLoaded = false;
    this.generation++;
    old.destroy();
    this.join();
  }

  #now(): SaveStatus {
    if (this.#asideText !== null) return { kind: "replaced", asideText: this.#asideText };
    if (this.#error !== null) return { kind: "error", message: this.#error };
    const unsaved = this.unsavedCount;
    const pausedSinceMs = this.wires.pausedSinceMs();
    if (pausedSinceMs !== null || this.#storeAway !== null) {
      const sinceMs = this.#unsaved[0]?.atMs ?? pausedSinceMs ?? Date.now();
      return { kind: "offline", unsaved, sinceMs, ...(this.#storeAway ? { reason: this.#storeAway } : {}) };
    }
    if (!this.isLoaded) return { kind: "loading" };
    return unsaved > 0 ? { kind: "saving", unsaved } : { kind: "saved", seq: this.#seq };
  }
}
