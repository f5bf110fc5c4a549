import { decodeLogFrame, type LiveClientMessage, liveServerMessage } from "@/common/live/live-messages";
import { type ConnectionState, ReconnectingSocket } from "./reconnecting-socket";

export type LogHandlers = {
  /** Bytes in order and without a gap, from the offset asked for. Resolves when they are drawn: only then more is asked for. */
  write: (bytes: Uint8Array, offset: number) => void | Promise<void>;
  onEnd: () => void;
  onRefused: (message: string) => void;
};

type Log = LogHandlers & { jobId: string; offset: number };

/** The page's one live connection: watched topics, followed logs, terminal keys. Everything is asked for again after a reconnect. */
export class LiveClient {
  readonly #socket: ReconnectingSocket;
  readonly #topics = new Map<string, Set<() => void>>();
  readonly #logs = new Map<number, Log>();
  readonly #stateListeners = new Set<() => void>();
  readonly #inputProblems = new Map<string, (message: string) => void>();
  #nextStream = 1;
  #hasBeenOpen = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: { url: () => string; protocols?: () => string[]; makeSocket?: (url: string) => WebSocket }) {
    this.#socket = new ReconnectingSocket({
      ...options,
      onOpen: () => this.#opened(),
      onText: (text) => this.#heard(text),
      onBytes: (data) => this.#bytes(data),
      onState: () => {
        for (const l of this.#stateListeners) l();
      },
    });
  }

  get state(): ConnectionState {
    return this.#socket.state;
  }

  readonly onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  /** Calls back when the topic changed, and after each reconnect, as something may have been missed. Returns the way to stop. */
  watch(topic: string, onChange: () => void): () => void {
    const known = this.#topics.get(topic);
    const listeners = known ?? new Set();
    listeners.add(onChange);
    if (!known) {
      this.#topics.set(topic, listeners);
      this.#say({ type: "watch", topics: [topic] });
    }
    this.#use();
    return () => {
      listeners.delete(onChange);
      if (listeners.size > 0 || this.#topics.get(topic) !== listeners) return;
      this.#topics.delete(topic);
      this.#say({ type: "unwatch", topics: [topic] });
      this.#use();
    };
  }

  /** Follows a job's log from an offset, over reconnects, until it ends or is stopped. */
  followLog(jobId: string, offset: number, handlers: LogHandlers): () => void {
    const stream = this.#nextStream++;
    this.#logs.set(stream, { ...handlers, jobId, offset });
    this.#say({ type: "log", stream, jobId, offset });
    this.#use();
    return () => {
      if (this.#logs.delete(stream)) this.#say({ type: "log-stop", stream });
      this.#use();
    };
  }

  /** Keys for a step's terminal. False while there is no connection: they are not kept, as a late key does harm. */
  type(jobId: string, data: string): boolean {
    return this.#say({ type: "input", jobId, data });
  }

  resize(jobId: string, cols: number, rows: number): void {
    this.#say({ type: "resize", jobId, cols, rows });
  }

  onInputRefused(jobId: string, tell: (message: string) => void): () => void {
    this.#inputProblems.set(jobId, tell);
    return () => this.#inputProblems.delete(jobId);
  }

  #say(message: LiveClientMessage): boolean {
    return this.#socket.send(JSON.stringify(message));
  }

  /** Open while anybody needs it. Moving between pages does not drop it. */
  #use() {
    clearTimeout(this.#idleTimer);
    if (this.#topics.size + this.#logs.size > 0) this.#socket.open();
    else
      this.#idleTimer = setTimeout(() => {
        this.#hasBeenOpen = false;
        this.#socket.close();
      }, 5_000);
  }

  #opened() {
    const topics = [...this.#topics.keys()];
    for (let at = 0; at < topics.length; at += 100) this.#say({ type: "watch", topics: topics.slice(at, at + 100) });
    for (const [stream, { jobId, offset }] of this.#logs) this.#say({ type: "log", stream, jobId, offset });
    if (this.#hasBeenOpen) for (const listeners of [...this.#topics.values()]) for (const l of [...listeners]) l();
    this.#hasBeenOpen = true;
  }

  #heard(text: string) {
    const parsed = liveServerMessage.safeParse(JSON.parse(text));
    // A newer server may say more than this page knows.
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === "changed") for (const l of [...(this.#topics.get(message.topic) ?? [])]) l();
    if (message.type === "log-end") {
      const log = this.#logs.get(message.stream);
      this.#logs.delete(message.stream);
      log?.onEnd();
      this.#use();
    }
    if (message.type === "refused") {
      if (message.stream !== undefined) {
        const log = this.#logs.get(message.stream);
        this.#logs.delete(message.stream);
        log?.onRefused(message.message);
      } else if (message.jobId) this.#inputProblems.get(message.jobId)?.(message.message);
    }
  }

  #bytes(data: ArrayBuffer) {
    const { stream, offset, bytes } = decodeLogFrame(data);
    const log = this.#logs.get(stream);
    if (!log) return;
    const end = offset + bytes.byteLength;
    // A frame of an earlier connection cannot arrive on this one; a repeated byte would still be seen here.
    if (offset > log.offset || end <= log.offset) return;
    const fresh = bytes.subarray(log.offset - offset);
    const from = log.offset;
    log.offset = end;
    void Promise.resolve(log.write(fresh, from)).then(() => this.#say({ type: "log-ack", stream, offset: end }));
  }
}
