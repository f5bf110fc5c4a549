/*
 * A lean HTTP/1.1 client on raw sockets. The load comes from the same two processors as the servers, so each microsecond of the
 * client's is one that a server lacks; node:http takes about 100 a request. One connection carries one request at a time, as a
 * client of MLflow's does.
 */
import { connect } from "node:net";

const headEnd = Buffer.from("\r\n\r\n");
const crlf = Buffer.from("\r\n");

export class Connection {
  #socket;
  #waiting;
  #usedAt = 0;

  constructor({ host = "127.0.0.1", port }) {
    this.host = host;
    this.port = port;
  }

  close() {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #open() {
    // Servers close what is idle for five seconds, perhaps just as the next request leaves: older connections are not used again.
    if (this.#socket && performance.now() - this.#usedAt > 2_000) this.close();
    if (this.#socket) return this.#socket;
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    await new Promise((done, fail) => {
      socket.once("connect", done);
      socket.once("error", fail);
    });
    this.#socket = socket;
    const isOurs = () => this.#socket === socket;
    socket.on("error", (error) => isOurs() && this.#waiting?.fail(error));
    socket.on("data", (chunk) => isOurs() && this.#waiting?.take(chunk));
    socket.on("close", () => {
      if (!isOurs()) return;
      this.#socket = undefined;
      this.#waiting?.closed();
    });
    return socket;
  }

  /**
   * Sends one request and gives `{status, body}`. `body` is a string or a Buffer; `stream(write)` sends `length` bytes instead;
   * `onBody(chunk)` takes the answer's bytes as they come (then `body` stays empty).
   */
  async send(method, path, { body, length, stream, onBody, type = "application/json" } = {}) {
    const socket = await this.#open();
    const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(body);
    const size = bytes?.length ?? length;
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.host}:${this.port}\r\nAccept: */*\r\n${size === undefined ? "" : `Content-Type: ${type}\r\nContent-Length: ${size}\r\n`}\r\n`;
    const answer = new Promise((done, fail) => {
      this.#waiting = new Answer({ onBody, done, fail });
    });
    answer.catch(() => {});
    if (bytes && bytes.length < 65_536) socket.write(Buffer.concat([Buffer.from(head, "latin1"), bytes]));
    else {
      socket.cork();
      socket.write(head, "latin1");
      if (bytes) socket.write(bytes);
      socket.uncork();
    }
    if (stream) await Promise.race([stream((chunk) => (socket.write(chunk) ? undefined : new Promise((drained) => socket.once("drain", drained)))), answer]);
    try {
      const { keep, ...rest } = await answer;
      if (!keep) this.close();
      return rest;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#waiting = undefined;
      this.#usedAt = performance.now();
    }
  }

  /** A JSON request that must be answered with 200. @throws Error with the server's own words. */
  async json(method, path, value) {
    const { status, body } = await this.send(method, path, { body: value === undefined ? undefined : JSON.stringify(value) });
    if (status !== 200) throw new Error(`${method} ${path.slice(0, 200)} on port ${this.port}: ${status} ${body.toString().slice(0, 400)}`);
    return body.length ? JSON.parse(body.toString()) : {};
  }
}

/** Puts one response together out of what the socket brings. */
class Answer {
  #chunks = [];
  #head;
  #rest = Buffer.alloc(0);
  #left = 0;

  constructor({ onBody, done, fail }) {
    this.onBody = onBody;
    this.done = done;
    this.fail = fail;
  }

  closed() {
    if (this.#head?.mode === "close") this.#finish();
    else this.fail(new Error("the server closed the connection in the middle of a request"));
  }

  take(chunk) {
    if (this.#head) return this.#body(chunk);
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    const at = this.#rest.indexOf(headEnd);
    if (at < 0) return;
    const text = this.#rest.toString("latin1", 0, at);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    const isChunked = /\r\ntransfer-encoding: *chunked/i.test(text);
    const status = Number(text.slice(9, 12));
    const rest = this.#rest.subarray(at + 4);
    if (status === 100) {
      this.#rest = rest;
      return;
    }
    this.#head = { status, keep: !/\r\nconnection: *close/i.test(text), mode: isChunked ? "chunked" : length === undefined ? "close" : "length" };
    if (status === 204 || status === 304) this.#head.mode = "length";
    this.#left = this.#head.mode === "length" ? Number(length ?? 0) : 0;
    this.#rest = Buffer.alloc(0);
    if (this.#head.mode === "length" && this.#left === 0) return this.#finish();
    if (rest.length) this.#body(rest);
  }

  #give(bytes) {
    if (this.onBody) this.onBody(bytes);
    else this.#chunks.push(bytes);
  }

  #body(chunk) {
    if (this.#head.mode === "chunked") return this.#chunked(chunk);
    this.#give(chunk);
    if (this.#head.mode === "close") return;
    this.#left -= chunk.length;
    if (this.#left === 0) this.#finish();
    if (this.#left < 0) this.fail(new Error("more bytes came than Content-Length said"));
  }

  /** `#left`: bytes still to come of the chunk at hand, its line end included. */
  #chunked(chunk) {
    let data = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = Buffer.alloc(0);
    while (data.length) {
      if (this.#left > 0) {
        const part = data.subarray(0, this.#left);
        const text = Math.min(part.length, Math.max(0, this.#left - 2));
        if (text) this.#give(part.subarray(0, text));
        this.#left -= part.length;
        data = data.subarray(part.length);
        continue;
      }
      const end = data.indexOf(crlf);
      if (end < 0) break;
      const size = Number.parseInt(data.toString("latin1", 0, end), 16);
      if (size === 0) {
        if (data.length < end + 4) break;
        return this.#finish();
      }
      data = data.subarray(end + 2);
      this.#left = size + 2;
    }
    this.#rest = data;
  }

  #finish() {
    const { status, keep, mode } = this.#head;
    this.done({ status, keep: keep && mode !== "close", body: this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks) });
  }
}
