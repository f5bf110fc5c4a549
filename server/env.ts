import { cpus } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";

/*
 * The one reader of process.env. Each variable is documented in docs/configuration.md; all are optional.
 */

const programVariables = ["PATH", "LANG", "LC_ALL", "TMPDIR", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"];
const loopback = new Set(["127.0.0.1", "localhost", "::1"]);

const schema = z.object({
  FLOWBOOK_HOST: z.string().min(1).default("127.0.0.1"),
  FLOWBOOK_PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  FLOWBOOK_DATA: z.string().min(1).default("./data"),
  FLOWBOOK_PUBLIC_URL: z.url().optional(),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://").optional(),
  FLOWBOOK_ARTIFACTS: z.string().optional(),
  FLOWBOOK_S3_ENDPOINT: z.url().optional(),
  FLOWBOOK_S3_REGION: z.string().optional(),
  FLOWBOOK_MAX_ARTIFACT_BYTES: z.coerce.number().int().min(1).default(50 * 1024 ** 3),
  FLOWBOOK_DISK_RESERVE_BYTES: z.coerce.number().int().min(0).optional(),
  AWS_REGION: z.string().optional(),
  FLOWBOOK_AUTH: z.enum(["accounts", "open"]).default("accounts"),
  FLOWBOOK_SANDBOX: z.enum(["on", "off"]).default("on"),
  FLOWBOOK_RUNNER_SLOTS: z.coerce.number().int().min(1).max(256).default(Math.max(2, cpus().length)),
  FLOWBOOK_WEBHOOK_HOSTS: z.string().default(""),
  FLOWBOOK_EXAMPLE: z.enum(["0", "1"]).default("1"),
  SERVICES: z.string().default("web,runner"),
  FLOWBOOK_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  NODE_ENV: z.string().default("production"),
});

export type Env = {
  host: string;
  port: number;
  /** Absolute. Holds the database, artifacts, git repositories, environments, tools and pid files. */
  dataDir: string;
  publicUrl: string;
  /** Undefined: the embedded PostgreSQL. The supervisor hands its address to web and runner as DATABASE_URL. */
  databaseUrl: string | undefined;
  /** The folder of the embedded PostgreSQL's Unix socket, told by the supervisor; the address stays the one of `databaseUrl`. */
  databaseSocket: string | undefined;
  /** Where artifacts are kept. */
  artifacts: { kind: "disk"; /** Absolute. */ dir: string } | { kind: "s3"; bucket: string; prefix: string; endpoint: string | undefined; region: string | undefined };
  /** An upload larger than this is refused. */
  maxArtifactBytes: number;
  /** Kept free on the artifacts' disk; undefined: the store's own choice. */
  diskReserveBytes: number | undefined;
  auth: "accounts" | "open";
  sandbox: "on" | "off";
  runnerSlots: number;
  /** `host` or `host:port`: where webhooks may go although it is inside the server's own network. */
  webhookHosts: string[];
  withExample: boolean;
  services: ("web" | "runner")[];
  logLevel: string;
  isDev: boolean;
  /** Where the code stands: the folder of package.json. */
  appDir: string;
  /** Which process this is, for its log lines. */
  service: string;
  /** The variables that a program of ours (git) needs to be found and to reach the network; nothing else of ours reaches it. */
  programEnv: Record<string, string>;
};

/** @throws Error that names each variable that is off, and the mend. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, v]) => v !== undefined && v !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((i) => `  ${i.path.join(".")}: ${i.message}`);
    throw new Error(`The configuration cannot be used:\n${lines.join("\n")}\nSee docs/configuration.md.`);
  }
  const v = parsed.data;
  const services = v.SERVICES.split(",").map((s) => s.trim()).filter(Boolean);
  for (const s of services) if (s !== "web" && s !== "runner") throw new Error(`SERVICES holds '${s}'. Write web, runner, or both with a comma.`);
  if (v.FLOWBOOK_AUTH === "open" && !loopback.has(v.FLOWBOOK_HOST)) {
    throw new Error(`FLOWBOOK_AUTH=open lets everyone in, so it works on loopback only. Set FLOWBOOK_HOST=127.0.0.1, or FLOWBOOK_AUTH=accounts to listen on ${v.FLOWBOOK_HOST}.`);
  }
  const appDir = source.FLOWBOOK_APP_DIR ?? process.cwd();
  const dataDir = isAbsolute(v.FLOWBOOK_DATA) ? v.FLOWBOOK_DATA : resolve(appDir, v.FLOWBOOK_DATA);
  const artifacts = artifactsPlace(v.FLOWBOOK_ARTIFACTS ?? `file:${dataDir}/artifacts`, { endpoint: v.FLOWBOOK_S3_ENDPOINT, region: v.FLOWBOOK_S3_REGION ?? v.AWS_REGION });
  return {
    host: v.FLOWBOOK_HOST,
    port: v.FLOWBOOK_PORT,
    dataDir,
    publicUrl: (v.FLOWBOOK_PUBLIC_URL ?? `http://${v.FLOWBOOK_HOST === "0.0.0.0" ? "127.0.0.1" : v.FLOWBOOK_HOST}:${v.FLOWBOOK_PORT}`).replace(/\/$/, ""),
    databaseUrl: v.DATABASE_URL,
    databaseSocket: source.FLOWBOOK_DATABASE_SOCKET,
    artifacts,
    maxArtifactBytes: v.FLOWBOOK_MAX_ARTIFACT_BYTES,
    diskReserveBytes: v.FLOWBOOK_DISK_RESERVE_BYTES,
    auth: v.FLOWBOOK_AUTH,
    sandbox: v.FLOWBOOK_SANDBOX,
    runnerSlots: v.FLOWBOOK_RUNNER_SLOTS,
    webhookHosts: v.FLOWBOOK_WEBHOOK_HOSTS.split(",").map((h) => h.trim().toLowerCase()).filter(Boolean),
    withExample: v.FLOWBOOK_EXAMPLE === "1",
    services: services as ("web" | "runner")[],
    logLevel: v.FLOWBOOK_LOG_LEVEL,
    isDev: v.NODE_ENV === "development",
    appDir,
    service: source.FLOWBOOK_SERVICE ?? "flowbook",
    programEnv: Object.fromEntries(programVariables.flatMap((name) => (source[name] ? [[name, source[name]]] : []))),
  };
}

function artifactsPlace(text: string, s3: { endpoint: string | undefined; region: string | undefined }): Env["artifacts"] {
  if (text.startsWith("file:")) return { kind: "disk", dir: resolve(text.replace(/^file:(\/\/)?/, "")) };
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (!bucket) throw new Error(`FLOWBOOK_ARTIFACTS is '${text}'. Write file:/absolute/folder, or s3://bucket/prefix.`);
  return { kind: "s3", bucket, prefix: (prefix ?? "").replace(/^\/+|\/+$/g, ""), ...s3 };
}

let cached: Env | undefined;
/** The environment of this process, read once. */
export function env(): Env {
  cached ??= readEnv();
  return cached;
}
