"use client";

export type RunLogProps = {
  jobId: string;
  /** Whether the job still runs: "Live" is shown and the log followed. */
  isLive: boolean;
  /** Pixels; default 280. */
  height?: number;
  /** The step takes keyboard input and this person may type into it. */
  isInteractive?: boolean;
  /** Where to get the stored bytes; absent: no download link. Default the HTTP API's log of this launch. */
  downloadHref?: string | null;
  label?: string;
};

/** The stored log of a job as a terminal: all of it after a reload, its tail while it runs. */
export function RunLog(_props: RunLogProps) {
  return <section aria-label="Log" />;
}
