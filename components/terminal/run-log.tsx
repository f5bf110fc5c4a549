"use client";

import { ArrowDownToLine, Copy, Download, Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { formatClock } from "../editor/clock";
import { onThemeChange } from "../editor/theme";
import { liveClient, useLiveConnection, useRunLog } from "../live-socket";
import { IconButton } from "../ui/button";
import { copyText } from "../ui/copy-button";
import { Icon } from "../ui/icon";
import { LogSearch } from "./log-search";
import type { RunTerminal } from "./make-terminal";
import "@xterm/xterm/css/xterm.css";
import "./terminal.css";

export type RunLogProps = {
  jobId: string;
  /** Whether the job still runs: "Live" is shown and the log followed. */
  isLive: boolean;
  /** Pixels; default 280. */
  height?: number;
  /** The step takes keyboard input and this person may type into it. */
  isInteractive?: boolean;
  /** Where to get the stored bytes; null: no download link. Default the HTTP API's log of this launch. */
  downloadHref?: string | null;
  label?: string;
  /** Pages that links printed by MLflow clients open; default those of the workspace `default`. */
  runHref?: (runId: string) => string;
  experimentHref?: ((experimentId: string) => string) | null;
  /** Leaves the bar with its title and buttons to the page. */
  isBare?: boolean;
};

/** The stored log of a job as a terminal: all of it after a reload, its tail while it runs. */
export function RunLog(props: RunLogProps) {
  const { jobId, isLive, height = 280, isInteractive = false, label = "Log", downloadHref, isBare = false } = props;
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const hostRef = useRef<HTMLDivElement>(null);
  const [run, setRun] = useState<RunTerminal | null>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const [isSearching, setIsSearching] = useState(false);
  const [inputProblem, setInputProblem] = useState<string | null>(null);
  const [loadProblem, setLoadProblem] = useState(false);
  const router = useRouter();
  const connection = useLiveConnection();
  const isTyping = isInteractive && isLive;

  useEffect(() => {
    const host = hostRef.current;
    if (!host) return;
    let made: RunTerminal | undefined;
    let isGone = false;
    let stop = () => {};
    import("./make-terminal").then(({ makeTerminal }) => {
      if (isGone) return;
      const mayType = () => (latest.current.isInteractive ?? false) && latest.current.isLive;
      made = makeTerminal(host, {
        label,
        isInteractive: mayType,
        onInput: (data) => {
          setInputProblem(liveClient().type(latest.current.jobId, data) ? null : "Not sent: there is no connection now.");
        },
        onResize: (cols, rows) => mayType() && liveClient().resize(latest.current.jobId, cols, rows),
        onScroll: () => made && setIsAtEnd(made.isAtEnd()),
        open: (href, isOurs) => (isOurs ? router.push(href) : window.open(href, "_blank", "noopener,noreferrer")),
        runHref: (id) => (latest.current.runHref ?? ((r: string) => `/default/runs/${r}`))(id),
        experimentHref: (id) => (latest.current.experimentHref ?? ((e: string) => `/default/experiments/${e}`))(id),
      });
      made.fit();
      const sizes = new ResizeObserver(() => made?.fit());
      sizes.observe(host);
      const offTheme = onThemeChange(() => made?.setTheme());
      stop = () => {
        sizes.disconnect();
        offTheme();
      };
      setRun(made);
    }, () => !isGone && setLoadProblem(true));
    return () => {
      isGone = true;
      stop();
      setRun(null);
      made?.dispose();
    };
  }, [label, router]);

  const state = useRunLog(jobId, {
    isReady: run !== null,
    write: (bytes) => run?.write(bytes),
    onRestart: () => run?.terminal.reset(),
  });

  useEffect(() => {
    if (!run) return;
    run.terminal.options.disableStdin = !isTyping;
    run.terminal.options.cursorInactiveStyle = isTyping ? "outline" : "none";
    if (!isTyping) return;
    liveClient().resize(jobId, run.terminal.cols, run.terminal.rows);
    return liveClient().onInputRefused(jobId, setInputProblem);
  }, [run, isTyping, jobId]);

  const href = downloadHref === undefined ? `/api/2.0/flowbook/launches/${encodeURIComponent(jobId)}/log` : downloadHref;
  const copyAll = () => run && copyText(wholeText(run));
  const isPaused = isLive && connection.kind === "paused";

  return (
    <section className="rl" aria-label={label}>
      {!isBare && (
        <div className="tbar">
          <h3>{label}</h3>
          <span className="grow" />
          {isLive && !isPaused && state.kind !== "refused" && <span className="live-t"><i className="dotlive" />Live</span>}
          {isPaused && <span className="rl-paused" role="status">Paused at {formatClock(connection.sinceMs)}, reconnecting</span>}
          <IconButton label="Search the log" size="s" icon={Search} aria-expanded={isSearching} onClick={() => setIsSearching(!isSearching)} />
          <IconButton label="Copy the log" size="s" icon={Copy} onClick={copyAll} />
          {href !== null && (
            <a className="btn btn--ghost btn--s btn--icon" href={href} download={`${jobId}.log`} aria-label="Download the log" title="Download the log"><Icon of={Download} /></a>
          )}
        </div>
      )}
      {isSearching && run && <LogSearch run={run} onClose={() => setIsSearching(false)} />}
      <div className="rl-box" style={{ height }} data-state={state.kind} data-ready={run ? "true" : "false"}>
        <div className="rl-host" ref={hostRef} role="log" aria-live="off" aria-label={label} />
        {!isAtEnd && <button type="button" className="btn btn--s rl-end" onClick={() => run?.terminal.scrollToBottom()}><Icon of={ArrowDownToLine} /><span>Follow the end</span></button>}
        {state.kind === "refused" && <p className="rl-note" role="alert">{state.message}</p>}
        {loadProblem && <p className="rl-note" role="alert">The terminal did not load. The log itself is stored; reload the page, or download it.</p>}
      </div>
      {inputProblem && <p className="rl-input" role="alert">{inputProblem}</p>}
    </section>
  );
}

function wholeText({ terminal }: RunTerminal): string {
  const buffer = terminal.buffer.normal;
  const lines: string[] = [];
  for (let y = 0; y < buffer.length; y++) {
    const line = buffer.getLine(y);
    if (!line) continue;
    const text = line.translateToString(true);
    if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
