"use client";

import { useEffect, useRef, useState } from "react";
import "./editor.css";
import { countLines, Fallback, heightOf } from "./fallback";
import { languageOf } from "./language";
import { commonOptions, loadMonaco } from "./load-monaco";
import { themeName } from "./theme";
import type { DiffViewProps } from "./types";
import { useNear } from "./use-near";

/** Two texts side by side (one column when narrow), what changed marked, what is the same folded. Loads its editor when near. */
export function DiffView({ original, modified, language, path, originalLabel, modifiedLabel, height }: DiffViewProps) {
  const wrapRef = useRef<HTMLDivElement>(null);
  const hostRef = useRef<HTMLDivElement>(null);
  const [isReady, setIsReady] = useState(false);
  const isNear = useNear(wrapRef);
  const px = height ?? Math.min(480, heightOf(Math.max(countLines(original), countLines(modified))));

  useEffect(() => {
    const host = hostRef.current;
    if (!isNear || !host) return;
    let dispose = () => {};
    let isGone = false;
    void loadMonaco().then((monaco) => {
      if (isGone) return;
      const id = language ?? languageOf(path ?? "");
      const models = { original: monaco.editor.createModel(original, id), modified: monaco.editor.createModel(modified, id) };
      const view = monaco.editor.createDiffEditor(host, {
        ...commonOptions,
        theme: themeName,
        readOnly: true,
        originalEditable: false,
        renderSideBySide: true,
        useInlineViewWhenSpaceIsLimited: true,
        renderSideBySideInlineBreakpoint: 820,
        hideUnchangedRegions: { enabled: true, contextLineCount: 3, minimumLineCount: 4 },
        renderOverviewRuler: false,
        renderMarginRevertIcon: false,
        renderGutterMenu: false,
        originalAriaLabel: originalLabel ?? "Before",
        modifiedAriaLabel: modifiedLabel ?? "After",
      });
      view.setModel(models);
      setIsReady(true);
      dispose = () => {
        view.setModel(null);
        view.dispose();
        models.original.dispose();
        models.modified.dispose();
      };
    }, () => {});
    return () => {
      isGone = true;
      setIsReady(false);
      dispose();
    };
  }, [isNear, original, modified, language, path, originalLabel, modifiedLabel]);

  return (
    <div className="fe" ref={wrapRef} data-ready={isReady ? "true" : "false"}>
      {(originalLabel || modifiedLabel) && (
        <div className="fe-diffhead">
          <span>{originalLabel}</span>
          <span>{modifiedLabel}</span>
        </div>
      )}
      <div className="fe-box fe-diff" style={{ height: px }}>
        {!isReady && <Fallback text={modified} lines={40} />}
        <div className="fe-host" ref={hostRef} />
      </div>
    </div>
  );
}
