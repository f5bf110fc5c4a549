"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatSize, plural } from "@/common/format";
import { useWorkspace } from "../shell/workspace-context";
import { trpc } from "../trpc";
import { Button } from "../ui/button";
import { CleanUpDialog } from "./clean-up-dialog";
import { useCleanUp } from "./use-clean-up";

/** Where things are kept, how much there is, and the way to free what was deleted. Owners only. */
export function StorageSection() {
  const { may } = useWorkspace();
  return may.administer ? <OwnersStorage /> : null;
}

function OwnersStorage() {
  const [isOpen, setOpen] = useState(false);
  const use = useQuery({ queryKey: ["storage", "use"], queryFn: () => trpc.storage.use.query() });
  const cleanUp = useCleanUp();
  const u = use.data;
  const kinds = u
    ? [
        { name: "Artifacts", what: plural(u.artifacts.count, "file"), bytes: u.artifacts.sizeBytes },
        { name: "Deleted runs", what: `${plural(u.deletedRuns.count, "run")}, among the artifacts until they are freed`, bytes: u.deletedRuns.sizeBytes, isPart: true },
        { name: "Environments", what: `${plural(u.environments.count, "environment")}, rebuilt when needed`, bytes: u.environments.sizeBytes },
        { name: "Database", what: `PostgreSQL: metrics, live documents, the logs of ${plural(u.logs.count, "launch", "launches")}`, bytes: u.databaseBytes },
      ]
    : [];
  const total = kinds.reduce((sum, k) => sum + (k.isPart ? 0 : k.bytes), 0);

  return (
    <section className="sg" id="storage" aria-labelledby="storage-h">
      <div className="sg__l"><h2 id="storage-h">Storage</h2><p>Artifacts lie in {u ? <code style={{ overflowWrap: "anywhere" }}>{u.place}</code> : "the artifact store"}. Only owners see this and free space.</p></div>
      <div className="sg__r">
        <div className="sg__h sg__h--0">
          <h3>{u ? `${formatSize(total)} used` : "…"}</h3>
          {u && <span className="dim sm">{u.freeBytes === null ? "in an S3 bucket" : `${formatSize(u.freeBytes)} free on this disk; uploads stop before it is full`}</span>}
        </div>
        {use.isError && <p className="mid" role="alert">The figures did not come: {use.error.message}</p>}
        <div className="panel scroll" role="region" aria-label="Storage by kind" tabIndex={0}>
          <table className="tb">
            <thead><tr><th scope="col">Kind</th><th scope="col">What</th><th scope="col" className="num">Size</th></tr></thead>
            <tbody>{kinds.map((k) => <tr key={k.name}><td className="med">{k.name}</td><td className="mid wrap">{k.what}</td><td className="num">{formatSize(k.bytes)}</td></tr>)}</tbody>
          </table>
        </div>
        <div className="row row--wrap">
          <Button onClick={() => setOpen(true)}>{cleanUp.isRunning ? "Cleaning up…" : "Clean up…"}</Button>
          <span className="dim sm">Frees for good what was deleted, and files that nothing points to. You see what goes first.</span>
        </div>
        {isOpen && <CleanUpDialog cleanUp={cleanUp} onClose={() => setOpen(false)} />}
      </div>
    </section>
  );
}
