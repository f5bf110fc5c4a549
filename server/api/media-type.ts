import type { IncomingMessage } from "node:http";

export const isMediaType = (req: IncomingMessage, types: string[]): boolean =>
  types.includes((req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "");
