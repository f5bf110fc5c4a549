/** What PostgreSQL cannot keep in a text: NUL, and halves of surrogate pairs. Both become U+FFFD. */
const bad = /\u0000/g;

/** The value with every text in it made storable; the very same object when all of them are. */
export function cleanTexts<T>(value: T): T {
  if (typeof value === "string") return (value.isWellFormed() && !value.includes("\u0000") ? value : value.toWellFormed().replace(bad, "\ufffd")) as T;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    value.forEach((v, i) => {
      const cleaned = cleanTexts(v as unknown);
      if (!Object.is(cleaned, v)) (copy ??= [...value])[i] = cleaned;
    });
    return (copy ?? value) as T;
  }
  if (typeof value === "object" && value !== null) {
    const changed: Record<string, unknown> = {};
    for (const [key, v] of Object.entries(value)) {
      const cleaned = cleanTexts(v as unknown);
      if (!Object.is(cleaned, v)) changed[key] = cleaned;
    }
    return Object.keys(changed).length === 0 ? value : { ...value, ...changed };
  }
  return value;
}
