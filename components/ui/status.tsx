import type { ReactNode } from "react";

/** A job's states; a run without a job maps to these by `stateOfRunStatus`. */
export type State = "queued" | "preparing" | "running" | "stopping" | "finished" | "failed" | "stopped" | "lost";

export const stateWords: Record<State, string> = {
  queued: "Queued",
  preparing: "Preparing",
  running: "Running",
  stopping: "Stopping",
  finished: "Finished",
  failed: "Failed",
  stopped: "Stopped",
  lost: "Lost",
};

const ended = new Set<string>(["finished", "failed", "stopped", "lost"]);
export const isEnded = (state: string) => ended.has(state);

/** MLflow's status word as a state of ours. */
export function stateOfRunStatus(status: string): State {
  switch (status) {
    case "FINISHED": return "finished";
    case "FAILED": return "failed";
    case "KILLED": return "stopped";
    case "SCHEDULED": return "queued";
    default: return "running";
  }
}

export const asState = (state: string): State => (state in stateWords ? (state as State) : "lost");

const cut = "var(--surface)";
const shapes: Record<State, ReactNode> = {
  queued: <circle cx="8" cy="8" r="5.6" strokeDasharray="1.9 2.5" strokeWidth="1.8" />,
  preparing: <><circle cx="8" cy="8" r="5.6" /><path d="M8 2.4a5.6 5.6 0 0 1 0 11.2Z" fill="currentColor" stroke="none" /></>,
  running: <><circle cx="8" cy="8" r="5.6" opacity=".28" strokeWidth="2" /><path className="spin" d="M8 2.4A5.6 5.6 0 0 1 13.6 8" strokeWidth="2" /><circle cx="8" cy="8" r="1.7" fill="currentColor" stroke="none" /></>,
  stopping: <><circle cx="8" cy="8" r="5.6" opacity=".28" strokeWidth="2" /><path className="spin" d="M8 2.4A5.6 5.6 0 0 1 13.6 8" strokeWidth="2" /><rect x="6" y="6" width="4" height="4" fill="currentColor" stroke="none" /></>,
  finished: <><circle cx="8" cy="8" r="6.4" fill="currentColor" stroke="none" /><path d="m5.2 8.3 2 2 3.8-4.2" stroke={cut} strokeWidth="1.7" /></>,
  failed: <><path d="M5.3 1.7h5.4l3.6 3.6v5.4l-3.6 3.6H5.3l-3.6-3.6V5.3l3.6-3.6Z" fill="currentColor" stroke="none" /><path d="m5.9 5.9 4.2 4.2M10.1 5.9l-4.2 4.2" stroke={cut} strokeWidth="1.7" /></>,
  stopped: <><rect x="2.2" y="2.2" width="11.6" height="11.6" rx="2.4" /><rect x="5.6" y="5.6" width="4.8" height="4.8" rx=".6" fill="currentColor" stroke="none" /></>,
  lost: <><path d="M3.1 10.7A5.6 5.6 0 0 1 6.6 2.6M9.4 2.6a5.6 5.6 0 0 1 3.5 8.1M5 12.7a5.6 5.6 0 0 0 6 0" /><path d="M6.5 6.7a1.55 1.55 0 1 1 2.2 1.4c-.5.25-.7.5-.7 1" /><circle cx="8" cy="10.9" r=".5" fill="currentColor" strokeWidth=".5" /></>,
};

/** The state's icon. Alone (`isNamed`) it says its word to readers; beside the word it is hidden from them. */
export function StateIcon({ state, isNamed = false }: { state: State | null; isNamed?: boolean }) {
  const naming = isNamed && state ? { role: "img", "aria-label": stateWords[state] } : { "aria-hidden": true as const };
  return (
    <svg className={`st st--${state ?? "none"}`} viewBox="0 0 16 16" {...naming}>
      {state ? shapes[state] : <circle cx="8" cy="8" r="5.6" opacity=".45" />}
    </svg>
  );
}

/** Icon, word and reason: a state never stands without its word. `children` is the reason or the time beside it. */
export function Status({ state, children }: { state: State; children?: ReactNode }) {
  return (
    <span className={`state state--${state}`}>
      <StateIcon state={state} />
      <span>{stateWords[state]}</span>
      {children !== undefined && children !== null && children !== "" && <span className="state__x">{children}</span>}
    </span>
  );
}
