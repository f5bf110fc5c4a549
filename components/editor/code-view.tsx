"use client";

import { useEffect, useRef, useState } from "react";
import "./editor.css";
import { countLines, Fallback, heightOf } from "./fallback";
import { languageOf } from "./language";
import { commonOptions, loadMonaco } from "./load-monaco";
import { themeName } from "./theme";
import type { CodeViewProps } from "./types";
import { useNear } from "./use-near";

/** Text with its colours, to read. */
export function CodeView({ text, language, path, maxLines, revealLine }: CodeViewProps) {
  const wrapRef = useRef<HTMLDivElement>(null);
  const hostRef = useRef<HTMLDivElement>(null);
  const [isReady, setIsReady] = useState(false);
  const [isAllShown, setIsAllShown] = useState(false);
  const [contentPx, setContentPx] = useState<number | null>(null);
  const isNear = useNear(wrapRef);
  const lines = countLines(text);
  const isCut = maxLines !== undefined && !isAllShown && lines > maxLines;

  useEffect(() => {
    const host = hostRef.current;
    if (!isNear || !host) return;
    let dispose = () => {};
    let isGone = false;
    void loadMonaco().then((monaco) => {
      if (isGone) return;
      const model = monaco.editor.createModel(text, language ?? languageOf(path ?? ""));
      const view = monaco.editor.create(host, { ...commonOptions, model, theme: themeName, readOnly: true, domReadOnly: true, ariaLabel: path ?? "Code", renderLineHighlight: "none" });
      setContentPx(view.getContentHeight());
      view.onDidContentSizeChange((e) => setContentPx(e.contentHeight));
      if (revealLine) {
        view.revealLineInCenter(revealLine);
        view.createDecorationsCollection([{ range: new monaco.Range(revealLine, 1, revealLine, 1), options: { isWholeLine: true, className: "ln--cause" } }]);
      }
      setIsReady(true);
      dispose = () => {
        view.dispose();
        model.dispose();
      };
      // The text stays readable as it stands when the editor cannot load.
    }, () => {});
    return () => {
      isGone = true;
      setIsReady(false);
      dispose();
    };
  }, [isNear, text, language, path, revealLine]);

  // Past this a page would be all code: the view scrolls by itself.
  const fullPx = Math.min(contentPx ?? heightOf(lines), heightOf(60));
  return (
    <div className="fe" ref={wrapRef} data-ready={isReady ? "true" : "false"}>
      <div className="fe-box" style={{ height: isCut ? heightOf(maxLines, true) : fullPx }}>
        {!isReady && <Fallback text={text} lines={isCut ? maxLines : 400} />}
        <div className="fe-host" ref={hostRef} />
      </div>
      {maxLines !== undefined && lines > maxLines && (
        <button type="button" className="more" aria-expanded={!isCut} onClick={() => setIsAllShown(isCut)}>
          {isCut ? `Show all ${lines} lines` : `Show ${maxLines} lines`}
        </button>
      )}
    </div>
  );
}
