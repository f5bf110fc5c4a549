import { type FileHandle, open } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import type { ShimCommand, ShimEvent } from "./sandbox-types";

/** A socket's path ends at 107 bytes; a longer one is reached through the open folder. */
const pathMax = 100;

/** The runner's line to a shim's control socket: commands out, news in. Connects again by itself until closed. */
export class ShimLink {
  private socket: Socket | undefined;
  private folder: FileHandle | undefined;
  private isClosed = false;
  private retry: NodeJS.Timeout | undefined;
  private unsent: ShimCommand[] = [];

  constructor(
    private readonly jobDir: string,
    /** Something has happened: look at the log and the status. */
    private readonly onNews: () => void,
  ) {
    void this.connect();
  }

  /** Sent now, or once the line stands. */
  send(command: ShimCommand): void {
    if (this.socket?.writable && !this.socket.connecting) this.socket.write(`${JSON.stringify(command)}\n`);
    else this.unsent.push(command);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.socket?.destroy();
    await this.folder?.close().catch(() => {});
    this.folder = undefined;
  }

  private async connect() {
    try {
      const socket = createConnection(await this.path());
      this.socket = socket;
      let rest = "";
      socket.on("connect", () => {
        socket.write(`${JSON.stringify({ type: "watch" } satisfies ShimCommand)}\n`);
        for (const command of this.unsent.splice(0)) this.send(command);
        this.onNews();
      });
      socket.on("data", (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split("\n");
        rest = lines.pop() ?? "";
        if (lines.some(isEvent)) this.onNews();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        this.onNews();
        this.later();
      });
    } catch {
      this.later();
    }
  }

  private later() {
    if (!this.isClosed) this.retry = setTimeout(() => void this.connect(), 300);
  }

  private async path(): Promise<string> {
    const path = join(this.jobDir, "ctl.sock");
    if (path.length <= pathMax) return path;
    this.folder ??= await open(this.jobDir, "r");
    return `/proc/self/fd/${this.folder.fd}/ctl.sock`;
  }
}

function isEvent(line: string): boolean {
  try {
    return typeof (JSON.parse(line) as ShimEvent).type === "string";
  } catch {
    return false;
  }
}
