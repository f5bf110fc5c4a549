const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A new id such as `prj_7k2m9x4q0c3v8b1n`: 80 random bits after its noun's prefix. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}_${Array.from(bytes, (b) => alphabet[b & 31]).join("")}`;
}

/** 32 hex digits, as MLflow makes run ids. */
export const newRunId = (): string => crypto.randomUUID().replaceAll("-", "");
