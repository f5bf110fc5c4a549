"use client";

import { useState } from "react";
import { Markdown } from "@/components/artifacts/markdown";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { sayFailed } from "@/components/ui/toast";
import type { RunDetail } from "@/server/domain/runs";
import { tagOf } from "./run-header";
import { useRunScope } from "./scope";

/** The note of a run, MLflow's tag `mlflow.note.content`, as Markdown. */
export function RunNotes({ run, onChanged }: { run: RunDetail; onChanged: () => void }) {
  const { may } = useRunScope();
  const [draft, setDraft] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const text = tagOf(run, "mlflow.note.content") ?? "";
  if (!text && !may.track) return null;

  const save = async () => {
    setSaving(true);
    try {
      await trpc.runs.setTag.mutate({ runId: run.id, key: "mlflow.note.content", value: draft ?? "" });
      setDraft(null);
      onChanged();
    } catch (error) {
      sayFailed("The note was not saved; what you wrote is still in the field", error);
    } finally {
      setSaving(false);
    }
  };

  return (
    <section className="sec" aria-labelledby="notes-h">
      <div className="sec__h">
        <h2 id="notes-h">Notes</h2>
        {may.track && draft === null && <Button look="quiet" size="s" onClick={() => setDraft(text)}>{text ? "Edit notes" : "Write a note"}</Button>}
      </div>
      {draft === null ? (
        text ? <div className="md" style={{ maxWidth: "72ch" }}><Markdown text={text} /></div> : <p className="dim">What was tried and what came out of it, for whoever opens this run later.</p>
      ) : (
        <div style={{ maxWidth: 720 }}>
          <label className="sr" htmlFor="note">Note, in Markdown</label>
          {/* biome-ignore lint/a11y/noAutofocus: opened by the press before it */}
          <textarea className="in" id="note" rows={6} value={draft} onChange={(e) => setDraft(e.target.value)} maxLength={5000} autoFocus />
          <div className="row" style={{ marginTop: 8 }}>
            <Button look="primary" disabled={isSaving} onClick={() => void save()}>{isSaving ? "Saving" : "Save"}</Button>
            <Button look="ghost" onClick={() => setDraft(null)}>Cancel</Button>
          </div>
        </div>
      )}
    </section>
  );
}
