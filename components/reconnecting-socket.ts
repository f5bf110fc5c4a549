/** `paused` since the moment the connection was lost; it is tried again by itself. */
export type ConnectionState = { kind: "connecting" } | { kind: "live" } | { kind: "paused"; sinceMs: number };

type Options = {
  url: () => string;
  onOpen: () => void;
  onText: (text: string) => void;
  onBytes: (data: ArrayBuffer) => void;
  onState?: (state: ConnectionState) => void;
  protocols?: () => string[];
  /** For use outside a browser. */
  makeSocket?: (url: string) => WebSocket;
};

const retry = { firstMs: 250, lastMs: 8_000 };
const pingMs = 15_000;
const silenceMs = 10_000;

/**
 * A WebSocket that comes back: exponential waits with jitter, at once when the browser says it is online or the page is looked at
 * again. A connection that answers nothing for some time is given up, as a laptop that slept leaves one that only looks open.
 */
export class ReconnectingSocket {
  #socket: WebSocket | undefined;
  #state: ConnectionState = { kind: "connecting" };
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heart: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #isClosed = true;

  constructor(readonly options: Options) {}

  get state(): ConnectionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state.kind === "live";
  }

  /** Bytes handed over and not yet sent. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  open(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    if (typeof window !== "undefined") {
      window.addEventListener("online", this.#now);
      document.addEventListener("visibilitychange", this.#now);
    }
    this.#connect();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
    if (typeof window !== "undefined") {
      window.removeEventListener("online", this.#now);
      document.removeEventListener("visibilitychange", this.#now);
    }
    const socket = this.#socket;
    this.#socket = undefined;
    this.#attempts = 0;
    socket?.close();
    this.#set({ kind: "connecting" });
  }

  /** Sends when open; what is said while it is not is the caller's to say again in `onOpen`. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (!this.isOpen || !this.#socket) return false;
    this.#socket.send(data);
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = this.options.makeSocket ? this.options.makeSocket(this.options.url()) : new WebSocket(this.options.url(), this.options.protocols?.() ?? []);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#heardAt = Date.now();
      this.#set({ kind: "live" });
      this.#heart = setInterval(() => this.#beat(socket), pingMs);
      this.options.onOpen();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.#socket) return;
      this.#heardAt = Date.now();
      // An answer, not the mere opening, proves that the server is well again.
      this.#attempts = 0;
      if (typeof event.data === "string") this.options.onText(event.data);
      else this.options.onBytes(event.data);
    };
    socket.onerror = () => {};
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  #beat(socket: WebSocket) {
    if (socket !== this.#socket) return;
    if (Date.now() - this.#heardAt > pingMs + silenceMs) {
      this.#lost();
      socket.onclose = null;
      socket.close();
      return;
    }
    socket.send('{"type":"ping"}');
  }

  #lost() {
    clearInterval(this.#heart);
    this.#socket = undefined;
    if (this.#isClosed) return;
    if (this.#state.kind !== "paused") this.#set({ kind: "paused", sinceMs: Date.now() });
    const most = Math.min(retry.lastMs, retry.firstMs * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#connect(), most / 2 + Math.random() * (most / 2));
  }

  readonly #now = () => {
    if (this.#isClosed || this.#socket || (typeof document !== "undefined" && document.visibilityState === "hidden")) return;
    this.#connect();
  };

  #set(state: ConnectionState) {
    this.#state = state;
    this.options.onState?.(state);
  }
}

/** The address of a socket on this page's own server. */
export const socketUrl = (path: string): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;

/** A page behind a share link acts as that link, also where the browser holds a session of its own; a socket has no other place to say it. */
export function shareProtocols(): string[] {
  const token = /^\/share\/([\w-]+)/.exec(location.pathname)?.[1];
  return token ? ["flowbook", `share.${token}`] : [];
}
