import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { ShimCommand, ShimEvent } from "@/common/shim";

const lineMax = 1024 * 1024;
const gatherMs = 10;

/** The control socket, for our own uid alone: commands in, and for who asked, news of the log and the end. */
export class Control {
  private readonly watchers = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;
  private logBytes = 0;

  async listen(path: string, onCommand: (command: ShimCommand) => void): Promise<void> {
    const server = createServer((socket) => {
      let rest = "";
      socket.on("error", () => {});
      socket.on("close", () => this.watchers.delete(socket));
      socket.on("data", (chunk: Buffer) => {
        const lines = (rest + chunk.toString("latin1")).split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > lineMax) socket.destroy();
        for (const line of lines) {
          const command = parse(line);
          if (command?.type === "watch") {
            this.watchers.add(socket);
            this.send(socket, { type: "log", bytes: this.logBytes });
          } else if (command) {
            onCommand(command);
          }
        }
      });
    });
    rmSync(path, { force: true });
    await new Promise<void>((done, fail) => server.once("error", fail).listen(path, done));
    server.on("error", () => {});
    chmodSync(path, 0o600);
  }

  tellLog(bytes: number): void {
    this.logBytes = bytes;
    if (this.watchers.size === 0) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const socket of this.watchers) this.send(socket, { type: "log", bytes: this.logBytes });
    }, gatherMs);
  }

  /** The last word; resolves when it has been taken, or after a moment. */
  async tellEnd(event: ShimEvent): Promise<void> {
    clearTimeout(this.timer);
    const said = [...this.watchers].map((socket) => new Promise<void>((done) => void socket.end(`${JSON.stringify(event)}\n`, () => done())));
    await Promise.race([Promise.all(said), new Promise((done) => setTimeout(done, 500))]);
  }

  private send(socket: Socket, event: ShimEvent) {
    // A watcher that does not read learns it at its next look: the file is the truth.
    if (socket.writableLength < 64 * 1024) socket.write(`${JSON.stringify(event)}\n`);
  }
}

function parse(line: string): ShimCommand | null {
  try {
    // Only our own uid can connect; what it sends is of the type or is passed over below.
    return JSON.parse(line) as ShimCommand;
  } catch {
    return null;
  }
}
