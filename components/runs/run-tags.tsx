"use client";

import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { plural } from "@/common/format";
import { trpc } from "@/components/trpc";
import { Button, IconButton } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { sayFailed } from "@/components/ui/toast";
import type { RunDetail } from "@/server/domain/runs";
import { useRunScope } from "./scope";

const isSystem = (key: string) => key.startsWith("mlflow.") || key.startsWith("flowbook.");

/** A run's tags: one's own as chips to add, change and take away; MLflow's own one press away. */
export function RunTags({ run, onChanged }: { run: RunDetail; onChanged: () => void }) {
  const { may } = useRunScope();
  const [isAdding, setAdding] = useState(false);
  const [isAll, setAll] = useState(false);
  const own = run.tags.filter((t) => !isSystem(t.key));
  const system = run.tags.filter((t) => isSystem(t.key) && t.key !== "mlflow.note.content");

  const change = async (act: Promise<unknown>, what: string) => {
    try {
      await act;
      setAdding(false);
      onChanged();
    } catch (error) {
      sayFailed(what, error);
    }
  };
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const key = String(form.get("key")).trim();
    if (key) void change(trpc.runs.setTag.mutate({ runId: run.id, key, value: String(form.get("value")) }), `The tag ${key} was not set`);
  };

  return (
    <section className="sec" aria-labelledby="tags-h">
      <div className="sec__h"><h2 id="tags-h">Tags</h2>{may.track && <IconButton size="s" label="Add a tag" icon={Plus} aria-expanded={isAdding} onClick={() => setAdding(!isAdding)} />}</div>
      {isAdding && (
        <form className="row" style={{ marginBottom: 8 }} onSubmit={add}>
          {/* biome-ignore lint/a11y/noAutofocus: opened by the press before it */}
          <input className="in in--mono" name="key" aria-label="Tag" placeholder="tag" required maxLength={250} autoFocus />
          <input className="in in--mono" name="value" aria-label="Value" placeholder="value" />
          <Button type="submit" size="m">Add</Button>
        </form>
      )}
      {own.length === 0 && !isAdding && <p className="dim">None.</p>}
      <div className="row row--wrap" style={{ gap: 4 }}>
        {own.map((t) => (
          <span key={t.key} className="chip" title={`${t.key} = ${t.value}`}>
            <code>{t.key}</code><span className="cut">{t.value}</span>
            {may.track && <button type="button" className="chip__x" aria-label={`Take away the tag ${t.key}`} onClick={() => void change(trpc.runs.removeTag.mutate({ runId: run.id, key: t.key }), `The tag ${t.key} was not taken away`)}><Icon of={X} /></button>}
          </span>
        ))}
      </div>
      {system.length > 0 && <Button look="quiet" size="s" aria-expanded={isAll} onClick={() => setAll(!isAll)} style={{ marginLeft: -8 }}>{isAll ? "Hide" : "Show"} MLflow's {plural(system.length, "tag")}</Button>}
      {isAll && <dl className="kv sm">{system.map((t) => <div key={t.key} style={{ display: "contents" }}><dt><code>{t.key.replace(/^mlflow\./, "")}</code></dt><dd>{t.value}</dd></div>)}</dl>}
    </section>
  );
}
