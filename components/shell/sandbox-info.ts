/** Of a runner, what its pages are told. */
export type RunnerSeen = { slots: number; isAlive: boolean; sandbox?: unknown };

/** What the runners found of their sandbox, in words for people. `slots` are those of the living runners. */
export type SandboxInfo = { mode: "on" | "off" | "unavailable" | "no-runner"; words: string; reason: string | null; slots: number };

const defaultWords = {
  on: "Steps run isolated from this machine and from each other.",
  off: "Steps run on this machine without protection, because FLOWBOOK_SANDBOX is off. Run only code that you trust.",
  unavailable: "This machine cannot isolate steps, so none is started. Projects can be read and edited.",
};

/** The worst of the living runners' findings counts, as a step may land on any of them. */
export function sandboxOf(runners: RunnerSeen[]): SandboxInfo {
  const alive = runners.filter((r) => r.isAlive);
  const slots = alive.reduce((sum, r) => sum + r.slots, 0);
  if (alive.length === 0) return { mode: "no-runner", words: "What is launched waits in the queue until one is back.", reason: null, slots: 0 };
  const found = alive.map((r) => readSandbox(r.sandbox));
  const worst = found.find((s) => s.mode === "unavailable") ?? found.find((s) => s.mode === "off") ?? found[0];
  return { mode: worst?.mode ?? "on", words: worst?.words ?? defaultWords.on, reason: worst?.reason ?? null, slots };
}

function readSandbox(sandbox: unknown): { mode: "on" | "off" | "unavailable"; words: string; reason: string | null } {
  const given = typeof sandbox === "object" && sandbox !== null ? (sandbox as Record<string, unknown>) : {};
  const mode = given.mode === "off" || given.mode === "unavailable" ? given.mode : "on";
  return {
    mode,
    words: typeof given.words === "string" && given.words ? given.words : defaultWords[mode],
    reason: typeof given.reason === "string" && given.reason ? given.reason : null,
  };
}
