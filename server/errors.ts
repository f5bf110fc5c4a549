export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "already_exists"
  | "conflict"
  | "too_large"
  | "over_limit"
  | "unavailable"
  | "storage_full";

/** One refused field, such as `{field: "parameters.input1", message: "Not a number. Write 0.005."}`. */
export type FieldProblem = { field: string; message: string };

/** A failure the caller can act on; anything else thrown is a bug and reaches clients as "internal". */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly problems: FieldProblem[];

  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: ErrorOptions & { problems?: FieldProblem[]; errorCode?: string },
  ) {
    super(message, options);
    this.problems = options?.problems ?? [];
    this.errorCode = options?.errorCode;
  }

  /** An MLflow error_code that differs from the kind's own, where MLflow has an exception to the table. */
  readonly errorCode?: string;
}

export const invalid = (message: string, problems?: FieldProblem[]) =>
  new DomainError("invalid", message, problems ? { problems } : undefined);
export const notFound = (noun: string, id: string) => new DomainError("not_found", `There is no ${noun} '${clip(id)}'.`);
export const forbidden = (message: string) => new DomainError("forbidden", message);

/** How each door speaks of a kind: the one table that all of them read. */
export const errorTable: Record<
  ErrorKind | "internal",
  { trpc: string; mlflow: string; http: number; socket: number }
> = {
  invalid: { trpc: "BAD_REQUEST", mlflow: "INVALID_PARAMETER_VALUE", http: 400, socket: 4400 },
  unauthenticated: { trpc: "UNAUTHORIZED", mlflow: "UNAUTHENTICATED", http: 401, socket: 4401 },
  forbidden: { trpc: "FORBIDDEN", mlflow: "PERMISSION_DENIED", http: 403, socket: 4403 },
  not_found: { trpc: "NOT_FOUND", mlflow: "RESOURCE_DOES_NOT_EXIST", http: 404, socket: 4404 },
  already_exists: { trpc: "CONFLICT", mlflow: "RESOURCE_ALREADY_EXISTS", http: 400, socket: 4409 },
  conflict: { trpc: "CONFLICT", mlflow: "RESOURCE_CONFLICT", http: 409, socket: 4409 },
  too_large: { trpc: "PAYLOAD_TOO_LARGE", mlflow: "INVALID_PARAMETER_VALUE", http: 413, socket: 4413 },
  over_limit: { trpc: "TOO_MANY_REQUESTS", mlflow: "RESOURCE_EXHAUSTED", http: 429, socket: 4429 },
  unavailable: { trpc: "SERVICE_UNAVAILABLE", mlflow: "TEMPORARILY_UNAVAILABLE", http: 503, socket: 1013 },
  storage_full: { trpc: "INTERNAL_SERVER_ERROR", mlflow: "RESOURCE_EXHAUSTED", http: 507, socket: 4507 },
  internal: { trpc: "INTERNAL_SERVER_ERROR", mlflow: "INTERNAL_ERROR", http: 500, socket: 1011 },
};

const unavailableCodes = new Set([
  "ECONNREFUSED", "ECONNRESET", "EPIPE", "57P01", "57P02", "57P03", "08000", "08003", "08006", "53300", "P1001", "P1002", "P1008", "P1017", "P2024", "P2037",
]);
const fullCodes = new Set(["ENOSPC", "EDQUOT", "53100"]);
/** What PostgreSQL says of a value that it cannot hold: a NUL in a text, a number or a time out of range, a text that is no number. */
const unfitCodes = new Set(["22003", "22007", "22008", "22021", "22P02", "22P05"]);

/** A statement that met its time limit, and transactions that were in each other's way until the retries were used up: nothing was stored, and the same may work later. */
const busyCodes = new Set(["57014", "40001", "40P01", "55P03"]);

const databaseIsAway = "The database is away. Nothing was stored; it is tried again by itself.";

/** Whether this was thrown because the database is restarting or cannot be reached, so that the same may work soon. */
export const isDatabaseAway = (error: unknown): boolean => asDomainError(error)?.message === databaseIsAway;

/**
 * The DomainError that a thrown thing amounts to, or null for a bug. A database that is away is `unavailable`
 * (clients retry it), a full disk is `storage_full`.
 */
export function asDomainError(error: unknown): DomainError | null {
  for (let e: unknown = error, depth = 0; e && depth < 6; depth++) {
    if (e instanceof DomainError) return e;
    // Next bundles a copy of this module of its own, so the class may differ while the shape is the same.
    if (e instanceof Error && e.name === "DomainError" && "kind" in e) return e as DomainError;
    const { code, originalCode, cause, meta } = e as {
      code?: string; originalCode?: string; cause?: unknown; meta?: { driverAdapterError?: unknown };
    };
    for (const c of [code, originalCode]) {
      if (c && unfitCodes.has(c)) return new DomainError("invalid", "A value is out of range, or holds characters that cannot be stored.", { cause: error });
      if (c && fullCodes.has(c)) return new DomainError("storage_full", "The server's disk is full. Nothing was stored; free some space and try again.", { cause: error });
      if (c && busyCodes.has(c)) return new DomainError("unavailable", "The database could not do this in time. Nothing was stored; try again.", { cause: error });
      if (c && unavailableCodes.has(c)) return new DomainError("unavailable", databaseIsAway, { cause: error });
    }
    if (e instanceof Error && /Connection terminated|timeout exceeded when trying to connect|Can't reach database|DatabaseNotReachable|ConnectionClosed|Server has closed the connection/.test(e.message)) {
      return new DomainError("unavailable", databaseIsAway, { cause: error });
    }
    e = cause ?? meta?.driverAdapterError;
  }
  return null;
}

const clip = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
