"use client";

import { useQuery } from "@tanstack/react-query";
import { FileCode } from "lucide-react";
import { useState } from "react";
import { trpc } from "@/components/trpc";
import { CodeView, DiffView } from "@/components/editor";
import { Icon } from "@/components/ui/icon";
import { useRunScope } from "./scope";

/** The files exactly as they ran; members see what is different now, people behind a link do not. */
export function RunCode({ runId, entryPoint }: { runId: string; entryPoint: string }) {
  const { isShared } = useRunScope();
  const [path, setPath] = useState<string | null>(null);
  const [mode, setMode] = useState<"file" | "diff">("file");
  const list = useQuery({ queryKey: ["code", runId, "files"], queryFn: () => trpc.runs.codeFiles.query({ runId }), staleTime: Infinity });
  const diff = useQuery({ queryKey: ["code", runId, "diff"], queryFn: () => trpc.runs.codeDiff.query({ runId }), enabled: !isShared, staleTime: 10_000 });
  const files = list.data?.files ?? [];
  const shown = path ?? files.find((f) => f.path === `${entryPoint}.py`)?.path ?? files.find((f) => f.path === "MLproject")?.path ?? files[0]?.path ?? null;
  const changed = new Map((diff.data ?? []).map((d) => [d.path, d]));
  const file = useQuery({
    queryKey: ["code", runId, "file", shown],
    queryFn: () => trpc.runs.codeFile.query({ runId, path: shown ?? "" }),
    enabled: shown !== null && files.some((f) => f.path === shown),
    staleTime: Infinity,
  });
  if (list.data === null) return null;
  const here = shown ? changed.get(shown) : undefined;
  const gone = [...changed.values()].filter((d) => !files.some((f) => f.path === d.path));

  return (
    <section className="sec" id="code" aria-labelledby="code-h">
      <div className="sec__h">
        <h2 id="code-h">Code of this run</h2>
        <span className="dim sm">exactly what ran{list.data ? <>, <code>{list.data.commit.slice(0, 7)}</code></> : null}</span>
        <span className="grow" />
        {!isShared && diff.data && <span className="dim sm">{changed.size === 0 ? "same as now" : `${changed.size === 1 ? "1 file differs" : `${changed.size} files differ`} from now`}</span>}
      </div>
      {list.isError ? <p className="mid">The files did not load. {list.error.message}</p> : (
        <div className="panel codep">
          <div className="arts__t">
            <div className="tree" role="group" aria-label="Files of this run">
              {[...files, ...(mode === "diff" ? gone : [])].map((f) => {
                const d = changed.get(f.path);
                return (
                  <button key={f.path} type="button" className="tree__r" aria-current={f.path === shown ? "true" : undefined} onClick={() => setPath(f.path)}>
                    <Icon of={FileCode} /><span className="nm">{f.path}</span>
                    {d && <span className="m m--mod" title="Differs from now">now differs</span>}
                  </button>
                );
              })}
            </div>
          </div>
          <div className="codep__b">
            <div className="prev__h">
              <b className="cut">{shown}</b><span className="grow" />
              {!isShared && (
                <div className="seg seg--s" role="group" aria-label="Compare with">
                  <button type="button" aria-pressed={mode === "file"} onClick={() => setMode("file")}>File</button>
                  <button type="button" aria-pressed={mode === "diff"} onClick={() => setMode("diff")}>Against now</button>
                </div>
              )}
            </div>
            {mode === "diff" && !isShared ? (
              here ? <DiffView original={here.oldText ?? ""} modified={here.newText ?? ""} path={here.path} originalLabel="as it ran" modifiedLabel="now" />
                : <p className="prev__f">{diff.isError ? `The difference did not load. ${diff.error.message}` : diff.data ? "This file is the same now." : "Reading the files as they are now."}</p>
            ) : file.isError ? <p className="prev__f">The file did not load. {file.error.message}</p>
              : file.data ? (file.data.text === null ? <p className="prev__f">Not text, {file.data.sizeBytes.toLocaleString("en")} bytes.</p> : <CodeView text={file.data.text} path={shown ?? ""} maxLines={40} />)
              : <div style={{ height: 240 }} />}
          </div>
        </div>
      )}
    </section>
  );
}
