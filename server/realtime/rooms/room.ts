import * as Y from "yjs";
import { type DocsServerMessage, encodeServerUpdate, type Peer, type Selection, toBase64 } from "@/common/live/docs-messages";
import { listen } from "@/server/changes";
import type { Ctx } from "@/server/ctx";
import { appendUpdate, loadDoc, updatesSince } from "@/server/domain/files";
import { asDomainError } from "@/server/errors";
import { log } from "@/server/log";
import { socketLimits } from "../limits";
import { tell } from "../socket";

/** One connection's place in a room. */
export type Member = {
  readonly room: number;
  readonly peerId: string;
  readonly ctx: Ctx;
  readonly canEdit: boolean;
  readonly person: { userId: string | null; name: string; color: string };
  selection: Selection | null;
  send: (message: DocsServerMessage) => void;
  sendBytes: (bytes: Uint8Array) => void;
  /** Forgets the member on its socket, when the room puts it out. */
  gone: () => void;
};

type Pending = { member: Member; clientSeq: number; update: Uint8Array; tries: number };

const retryMs = { first: 300, last: 3_000 };
/** A batch of one author's updates in one record; larger ones are stored for themselves. */
const batchBytes = 1024 * 1024;

/**
 * A live document and its connections. The room's own copy never runs ahead of the store: an update is stored, and only then
 * applied, sent to peers and acknowledged to its author, in the order of arrival. While one commit is under way others gather for the next.
 */
export class Room {
  readonly members = new Set<Member>();
  readonly #doc = new Y.Doc();
  readonly #queue: Pending[] = [];
  #queueBytes = 0;
  #isStoring = false;
  #isFailing = false;
  #isEnded = false;
  #catchUpTimer: NodeJS.Timeout | undefined;
  readonly #stopListening: () => void;
  #idle: (() => void)[] = [];

  private constructor(
    readonly fileId: string,
    /** The server itself, in the file's workspace: for reading what others stored. */
    readonly system: Ctx,
    readonly epoch: number,
    private seq: number,
    readonly onEnd: () => void,
  ) {
    this.#stopListening = listen(`file:${fileId}`, () => this.#catchUpSoon());
  }

  /** @throws DomainError when the document cannot be loaded; nothing is written then. */
  static async open(ctx: Ctx, fileId: string, onEnd: () => void): Promise<Room> {
    const system: Ctx = { ...ctx, actor: { kind: "system" } };
    const stored = await loadDoc(system, { fileId });
    const room = new Room(fileId, system, stored.epoch, stored.seq, onEnd);
    Y.applyUpdate(room.#doc, stored.state);
    // What was stored between the reading and the listening.
    room.#catchUpSoon();
    return room;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isStoring;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Lets somebody in: what the room holds and the client lacks goes out before anything later. */
  join(member: Member, stateVector: Uint8Array | undefined): void {
    // First, as it throws for a state vector that is none: who could not be let in must not count as here.
    const missing = encodeServerUpdate(member.room, Y.encodeStateAsUpdate(this.#doc, stateVector));
    const peers = [...this.members].map(asPeer);
    this.members.add(member);
    member.send({
      type: "joined",
      room: member.room,
      epoch: this.epoch,
      seq: this.seq,
      canEdit: member.canEdit,
      me: member.peerId,
      stateVector: toBase64(Y.encodeStateVector(this.#doc)),
      peers: [...peers, asPeer(member)],
    });
    member.sendBytes(missing);
    this.#toOthers(member, (m) => ({ type: "peer", room: m.room, peer: asPeer(member) }));
    if (this.#isFailing) member.send({ type: "unsaved", room: member.room, message: storeIsAway });
  }

  leave(member: Member): void {
    if (!this.members.delete(member)) return;
    this.#toOthers(member, (m) => ({ type: "peer-left", room: m.room, peerId: member.peerId }));
  }

  setSelection(member: Member, selection: Selection | null): void {
    member.selection = selection;
    this.#toOthers(member, (m) => ({ type: "peer", room: m.room, peer: asPeer(member) }));
  }

  /** Takes an update from its author; the answer is `saved` after the commit, or `refused`. */
  receive(member: Member, clientSeq: number, update: Uint8Array): void {
    if (!member.canEdit) {
      member.send({ type: "refused", room: member.room, clientSeq, kind: "forbidden", message: "You may read this file, not change it." });
      return;
    }
    if (this.#queueBytes + update.byteLength > socketLimits.roomQueueBytes) {
      // Nothing is acknowledged, so the client still holds it and sends it again after joining anew.
      this.#putOut(member, "unavailable", "Too much waits to be stored. It is sent again by itself.");
      return;
    }
    // The frame's memory belongs to the socket.
    this.#queue.push({ member, clientSeq, update: update.slice(), tries: 0 });
    this.#queueBytes += update.byteLength;
    void this.#store();
  }

  /** Resolves when nothing waits to be stored, or after `atMostMs`. */
  drained(atMostMs: number): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the room; whoever is still in it is told why. */
  end(reason?: (member: Member) => DocsServerMessage): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopListening();
    clearTimeout(this.#catchUpTimer);
    for (const member of [...this.members]) {
      if (reason) member.send(reason(member));
      member.gone();
    }
    this.members.clear();
    this.#queue.length = 0;
    this.#settleIdle();
    this.onEnd();
    this.#doc.destroy();
  }

  async #store(): Promise<void> {
    if (this.#isStoring) return;
    this.#isStoring = true;
    let delayMs: number = retryMs.first;
    while (this.#queue.length > 0 && !this.#isEnded) {
      const batch = this.#nextBatch();
      const outcome = await this.#storeBatch(batch);
      if (outcome === "stored") delayMs = retryMs.first;
      if (outcome === "later") {
        await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
        delayMs = Math.min(delayMs * 2, retryMs.last);
      }
    }
    this.#isStoring = false;
    this.#settleIdle();
  }

  /** The longest run of updates by one author from the front of the queue. A failed one goes alone. */
  #nextBatch(): Pending[] {
    const first = this.#queue[0];
    if (!first) return [];
    const batch = [first];
    let bytes = first.update.byteLength;
    if (first.tries > 0) return batch;
    for (const next of this.#queue.slice(1)) {
      bytes += next.update.byteLength;
      if (next.member.person.userId !== first.member.person.userId || next.tries > 0 || bytes > batchBytes) break;
      batch.push(next);
    }
    return batch;
  }

  async #storeBatch(batch: Pending[]): Promise<"stored" | "later" | "refused"> {
    const author = batch[0]?.member;
    if (!author) return "stored";
    try {
      const update = batch.length === 1 && batch[0] ? batch[0].update : Y.mergeUpdates(batch.map((p) => p.update));
      const { seq } = await appendUpdate(author.ctx, { fileId: this.fileId, epoch: this.epoch, update, userId: author.person.userId });
      if (this.#isEnded) return "stored";
      // Somebody else's record came in between: what it holds may be needed first.
      if (seq !== this.seq + 1) await this.#catchUp().catch(() => this.#catchUpSoon());
      this.#apply(update, (m) => !batch.every((p) => p.member === m));
      this.seq = Math.max(this.seq, seq);
      this.#taken(batch);
      this.#isFailing = false;
      const last = new Map<Member, number>();
      for (const p of batch) last.set(p.member, p.clientSeq);
      for (const [member, clientSeq] of last) member.send({ type: "saved", room: member.room, clientSeq, seq });
      return "stored";
    } catch (error) {
      return this.#failed(batch, error);
    }
  }

  #failed(batch: Pending[], error: unknown): "later" | "refused" {
    const known = asDomainError(error);
    const told = tell(error);
    if (known?.kind === "unavailable" || known?.kind === "storage_full") {
      if (!this.#isFailing) log.info({ fileId: this.fileId, kind: known.kind }, "edits cannot be stored now; they are tried again");
      this.#isFailing = true;
      for (const member of this.members) member.send({ type: "unsaved", room: member.room, message: known.kind === "storage_full" ? known.message : storeIsAway });
      return "later";
    }
    // Another epoch, or this update alone builds on what is not stored: reading tells which.
    if (known?.kind === "conflict") this.#catchUpSoon();
    if (known?.kind === "not_found") {
      this.end((member) => ({ type: "refused", room: member.room, kind: "not_found", message: "This file was deleted. What you typed since is set aside here." }));
      return "refused";
    }
    // One bad update must not take its neighbours along: each is tried alone, and only it is refused.
    if (batch.length > 1) {
      for (const p of batch) p.tries++;
      return "refused";
    }
    const [bad] = batch;
    if (!known && bad && bad.tries < 2) {
      bad.tries++;
      return "later";
    }
    this.#taken(batch);
    if (bad) bad.member.send({ type: "refused", room: bad.member.room, clientSeq: bad.clientSeq, ...told });
    return "refused";
  }

  #taken(batch: Pending[]) {
    this.#queue.splice(0, batch.length);
    for (const p of batch) this.#queueBytes -= p.update.byteLength;
  }

  #apply(update: Uint8Array, isFor: (member: Member) => boolean) {
    Y.applyUpdate(this.#doc, update);
    for (const member of this.members) if (isFor(member)) member.sendBytes(encodeServerUpdate(member.room, update));
  }

  #catchUpSoon() {
    if (this.#isEnded) return;
    this.#catchUpTimer ??= setTimeout(() => {
      this.#catchUpTimer = undefined;
      // An own append in flight sees by its number whether something came in between.
      if (this.#isStoring) return this.#catchUpSoon();
      void this.#catchUp().catch((error) => {
        const kind = asDomainError(error)?.kind;
        if (kind === "not_found") return this.end((m) => ({ type: "refused", room: m.room, kind: "not_found", message: "This file was deleted." }));
        if (kind === "conflict") return this.end((m) => ({ type: "refused", room: m.room, kind, message: "This file is no longer text." }));
        if (kind !== "unavailable") log.error({ fileId: this.fileId, error: String(error) }, "a room could not read what others stored");
        setTimeout(() => this.#catchUpSoon(), 1_000).unref();
      });
    }, 40);
  }

  /** Reads and applies what other doors and processes stored. */
  async #catchUp(): Promise<void> {
    const since = await updatesSince(this.system, { fileId: this.fileId, epoch: this.epoch, seq: this.seq });
    if (this.#isEnded) return;
    if (since.isReplaced) return this.#endAsReplaced(since.epoch);
    for (const update of since.updates) this.#apply(update, () => true);
    this.seq = Math.max(this.seq, since.seq);
  }

  #endAsReplaced(epoch: number) {
    this.end((member) => ({ type: "replaced", room: member.room, epoch }));
  }

  #putOut(member: Member, kind: string, message: string) {
    this.leave(member);
    member.send({ type: "refused", room: member.room, kind, message });
    member.gone();
  }

  #toOthers(sender: Member, message: (member: Member) => DocsServerMessage) {
    for (const member of this.members) if (member !== sender) member.send(message(member));
  }

  #settleIdle() {
    for (const done of this.#idle.splice(0)) done();
  }
}

const storeIsAway = "The database is away. What you type is kept here and stored when it is back.";

const asPeer = (m: Member): Peer => ({ peerId: m.peerId, ...m.person, canEdit: m.canEdit, selection: m.selection });
