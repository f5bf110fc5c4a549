"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatNumber, formatSize, plural } from "@/common/format";
import type { GcReport } from "@/server/domain/gc";
import { trpc } from "../trpc";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { Note } from "../ui/note";
import type { CleanUp } from "./use-clean-up";

const ages = [[30, "30 days ago"], [7, "7 days ago"], [1, "a day ago"], [0, "now: everything deleted"]] as const;

/** Shows what would go before it goes; then how far it is, and what it came to. */
export function CleanUpDialog({ cleanUp, onClose }: { cleanUp: CleanUp; onClose: () => void }) {
  const [days, setDays] = useState<number>(30);
  const [isStarted, setStarted] = useState(false);
  const isAsking = !cleanUp.isRunning && !isStarted;
  const preview = useQuery({ queryKey: ["storage", "preview", days], queryFn: ({ signal }) => trpc.storage.preview.query({ olderThanDays: days }, { signal }), enabled: isAsking, staleTime: 0 });
  const found = preview.isFetching ? undefined : preview.data;
  const isNothing = found !== undefined && bytesOf(found) === 0 && found.runs + found.loggedModels + found.experiments + found.unfinished.count === 0;
  const { state } = cleanUp;

  const start = () => {
    setStarted(true);
    cleanUp.start(days);
  };

  if (isAsking) {
    return (
      <Dialog
        title="Clean up"
        onClose={onClose}
        footer={
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="dangerfill" onClick={start} why={found === undefined ? "It is being counted." : isNothing ? "There is nothing to free." : undefined}>
              {found && !isNothing ? `Free ${formatSize(bytesOf(found))} for good` : "Free for good"}
            </Button>
          </>
        }
      >
        <Field label="Deleted before">
          {(c) => <select className="in" value={days} onChange={(e) => setDays(Number(e.target.value))} {...c}>{ages.map(([n, words]) => <option key={n} value={n}>{words}</option>)}</select>}
        </Field>
        {preview.isError ? <Note look="danger">It could not be counted: {preview.error.message}</Note> : <Report report={found} />}
        <p className="mid">What goes cannot be restored. What was deleted later stays and can be.</p>
      </Dialog>
    );
  }
  return (
    <Dialog
      title={cleanUp.isRunning ? "Cleaning up" : state?.wasStopped ? "Stopped" : "Cleaned up"}
      onClose={onClose}
      footer={
        <>
          {cleanUp.isRunning && <Button onClick={() => cleanUp.stop()} why={cleanUp.isStopping ? "It stops after what is under way." : undefined}>Stop</Button>}
          <Button look="primary" onClick={onClose}>{cleanUp.isRunning ? "Leave it running" : "Done"}</Button>
        </>
      }
    >
      {state?.failure && !cleanUp.isRunning ? <Note look="danger">{state.failure}</Note> : null}
      <p className="mid" role="status">{cleanUp.isRunning ? "People can go on working meanwhile." : state?.report ? `${formatSize(bytesOf(state.report))} freed.` : "Nothing was freed."}</p>
      <Report report={state?.report ?? undefined} />
    </Dialog>
  );
}

const bytesOf = (report: GcReport) => report.files.sizeBytes + report.strayFiles.sizeBytes + report.unfinished.sizeBytes;

function Report({ report }: { report: GcReport | undefined }) {
  const { kept } = report ?? {};
  const rows: [string, number | undefined, number | undefined][] = [
    ["Runs", report?.runs, undefined],
    ["Logged models", report?.loggedModels, undefined],
    ["Experiments", report?.experiments, undefined],
    ["Their files", report?.files.count, report?.files.sizeBytes],
    ["Files that nothing points to", report?.strayFiles.count, report?.strayFiles.sizeBytes],
    ["Uploads that were cut off", report?.unfinished.count, report?.unfinished.sizeBytes],
  ];
  const keptWords = kept ? [kept.runs && plural(kept.runs, "run"), kept.loggedModels && plural(kept.loggedModels, "logged model"), kept.experiments && plural(kept.experiments, "experiment")].filter(Boolean) : [];
  return (
    <>
      <div className="panel">
        <table className="tb" aria-busy={report === undefined}>
          <thead><tr><th scope="col">What</th><th scope="col" className="num">Number</th><th scope="col" className="num">Size</th></tr></thead>
          <tbody>
            {rows.map(([name, count, size]) => (
              <tr key={name}><td>{name}</td><td className="num">{count === undefined ? "…" : formatNumber(count)}</td><td className="num">{size === undefined ? "" : formatSize(size)}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {keptWords.length > 0 && <Note>{keptWords.join(", ")} {keptWords.length === 1 && /^1 /.test(String(keptWords[0])) ? "stays" : "stay"}, as a registered version, a project or a running step needs it.</Note>}
    </>
  );
}
