"use client";

import { Search, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import type { Column, ColumnGroup } from "./run-columns";

const groups: [ColumnGroup, string][] = [["run", "Run"], ["metric", "Metrics"], ["param", "Params"], ["tag", "Tags"]];

/** Which columns the table shows; remembered in this browser. */
export function ColumnChooser({ columns, chosen, onChange, onOnlyDiffering, onClose }: {
  columns: Column[]; chosen: ReadonlySet<string>; onChange: (chosen: Set<string>) => void; onOnlyDiffering: () => void; onClose: () => void;
}) {
  const [word, setWord] = useState("");
  const found = columns.filter((c) => c.title.toLowerCase().includes(word.toLowerCase()));
  const flip = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <section className="chooser" aria-labelledby="chooser-h">
      <div className="chooser__h">
        <h2 id="chooser-h">Columns</h2><span className="dim sm">{columns.filter((c) => chosen.has(c.id)).length} of {columns.length}</span><span className="grow" />
        <IconButton size="s" label="Close the column chooser" icon={X} onClick={onClose} />
      </div>
      <div className="inbox inbox--s" style={{ width: "auto", margin: "0 12px 6px" }}><Icon of={Search} /><input aria-label="Find a column" placeholder="Find a column" value={word} onChange={(e) => setWord(e.target.value)} /></div>
      {groups.map(([group, title]) => {
        const own = found.filter((c) => c.group === group);
        if (own.length === 0) return null;
        return (
          <div key={group} role="group" aria-label={title}>
            <h3>{title}{group !== "run" && <span className="dim"> {own.length}</span>}</h3>
            <ul>{own.slice(0, 60).map((c) => <li key={c.id}><label className="check"><input type="checkbox" checked={chosen.has(c.id)} onChange={() => flip(c.id)} /><span className="cut">{c.title}</span></label></li>)}</ul>
            {own.length > 60 && <p className="dim sm" style={{ padding: "0 12px" }}>{own.length - 60} more: find them by name</p>}
          </div>
        );
      })}
      <p className="chooser__f">Remembered in this browser. <Button size="s" onClick={onOnlyDiffering}>Only those that differ</Button></p>
    </section>
  );
}
