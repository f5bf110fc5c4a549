"use client";

import { useEffect, useRef, useState } from "react";
import { AsideNotice } from "./aside-notice";
import "./editor.css";
import { countLines, Fallback, heightOf } from "./fallback";
import { loadMonaco } from "./load-monaco";
import { type MountedEditor, mountEditor } from "./mount-editor";
import type { FileEditorProps } from "./types";
import { useNear } from "./use-near";
import { useRoom } from "./use-room";

const textEveryMs = 200;

/** A file of a project, edited live with whoever else has it open. Esc leaves the editor, Tab then moves on. */
export function FileEditor(props: FileEditorProps) {
  const { fileId, path, initialText = "", readOnly = false, height = "auto", maxLines = 28, problems, revealLine } = props;
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const wrapRef = useRef<HTMLDivElement>(null);
  const hostRef = useRef<HTMLDivElement>(null);
  const afterRef = useRef<HTMLSpanElement>(null);
  const [mounted, setMounted] = useState<MountedEditor | null>(null);
  const [content, setContent] = useState({ px: heightOf(countLines(initialText)), lines: countLines(initialText) });
  const [isAllShown, setIsAllShown] = useState(false);
  const [loadProblem, setLoadProblem] = useState<string | null>(null);
  const isNear = useNear(wrapRef);
  const { room, status, isLoaded, canEdit, generation } = useRoom(fileId);

  useEffect(() => latest.current.onSavedChange?.(status), [status]);

  useEffect(() => {
    const host = hostRef.current;
    if (!room || !isLoaded || !isNear || !host) return;
    let made: MountedEditor | undefined;
    let isGone = false;
    loadMonaco().then(
      (monaco) => {
        if (isGone) return;
        setLoadProblem(null);
        made = mountEditor(monaco, host, room, path, {
          onRun: (options) => latest.current.onRun?.(options),
          onLeave: () => afterRef.current?.focus(),
          onHeight: (px, lines) => setContent((c) => (c.px === px && c.lines === lines ? c : { px, lines })),
        });
        setMounted(made);
      },
      () => !isGone && setLoadProblem("The editor did not load. The text is shown as it was; reload the page to edit it."),
    );
    return () => {
      isGone = true;
      setMounted(null);
      made?.dispose();
    };
  }, [room, isLoaded, isNear, path]);

  useEffect(() => {
    if (mounted && isLoaded) mounted.bind();
  }, [mounted, isLoaded, generation]);

  const mayType = canEdit && !readOnly && status.kind !== "error";
  useEffect(() => mounted?.setReadOnly(!mayType), [mounted, mayType]);
  useEffect(() => mounted?.setProblems(problems), [mounted, problems]);
  useEffect(() => {
    if (mounted && revealLine) mounted.editor.revealLineInCenter(revealLine);
  }, [mounted, revealLine]);

  useEffect(() => {
    if (!room || !isLoaded) return;
    const { text } = room;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current.onTextChange?.(text.toString());
      }, textEveryMs);
    };
    text.observe(tell);
    if (text.toString() !== initialText) tell();
    return () => {
      clearTimeout(timer);
      text.unobserve(tell);
    };
  }, [room, isLoaded, generation]);

  const isCut = height === "auto" && !isAllShown && content.lines > maxLines;
  const px = height === "auto" ? (isCut ? heightOf(maxLines, true) : content.px) : height;

  return (
    <div className="fe" ref={wrapRef} data-ready={mounted ? "true" : "false"}>
      {status.kind === "replaced" && room && <AsideNotice path={path} text={status.asideText} onDone={() => room.forgetAside()} />}
      {status.kind === "error" && <p className="fe-note fe-note--err" role="alert">{status.message}</p>}
      {loadProblem && <p className="fe-note fe-note--err" role="alert">{loadProblem}</p>}
      <div className="fe-box" style={{ height: px }}>
        {!mounted && <Fallback text={initialText || (room?.isLoaded ? room.text.toString() : "")} lines={isCut ? maxLines : 2_000} />}
        <div className="fe-host" ref={hostRef} />
      </div>
      <span className="fe-after" ref={afterRef} tabIndex={-1}>Left the editor of {path}. Tab moves on.</span>
      {height === "auto" && content.lines > maxLines && (
        <button type="button" className="more" aria-expanded={!isCut} onClick={() => setIsAllShown(isCut)}>
          {isCut ? `Show all ${content.lines} lines` : `Show ${maxLines} lines`}
        </button>
      )}
    </div>
  );
}
