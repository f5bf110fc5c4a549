"use client";

import { CornerDownLeft, Search, X } from "lucide-react";
import { type FormEvent, useEffect, useId, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { FieldError } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";
import { mendFilter } from "./filter-mend";

/** A filter in MLflow's search language. What the server refused is said under the field, with the mend where there is one. */
export function FilterBox({ value, error, suggestions, onChange }: { value: string; error: string | null; suggestions: string[]; onChange: (filter: string) => void }) {
  const [draft, setDraft] = useState(value);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const id = useId();
  useEffect(() => setDraft(value), [value]);
  const word = /[\w.`/-]*$/.exec(draft)?.[0] ?? "";
  const fitting = isOpen && word.length > 1 ? suggestions.filter((s) => s.toLowerCase().includes(word.toLowerCase()) && s !== word).slice(0, 8) : [];
  const mend = error ? mendFilter(value) : null;
  const take = (s: string) => {
    setDraft(`${draft.slice(0, draft.length - word.length)}${s} `);
    setActive(0);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setOpen(false);
    onChange(draft.trim());
  };
  return (
    <form className="xbar xbar--filter" onSubmit={submit} role="search">
      <div className="qbox qbox--field">
        <span className="qbox__i"><Icon of={Search} /></span>
        <input
          className="query" id={id} value={draft} aria-label="Filter runs" placeholder="metrics.val_rmse < 60 and params.season = 'all'" spellCheck={false} autoComplete="off"
          aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}e` : undefined}
          role="combobox" aria-expanded={fitting.length > 0} aria-controls={`${id}l`} aria-autocomplete="list" aria-activedescendant={fitting[active] ? `${id}o${active}` : undefined}
          onChange={(e) => { setDraft(e.target.value); setOpen(true); setActive(0); }}
          onBlur={() => setOpen(false)}
          onKeyDown={(e) => {
            if (fitting.length === 0) return;
            if (e.key === "ArrowDown" || e.key === "ArrowUp") {
              e.preventDefault();
              setActive((active + (e.key === "ArrowDown" ? 1 : fitting.length - 1)) % fitting.length);
            } else if (e.key === "Tab" && fitting[active]) {
              e.preventDefault();
              take(fitting[active]);
            } else if (e.key === "Escape") setOpen(false);
          }}
        />
        {value && <IconButton size="s" label="Clear the filter" icon={X} onClick={() => { setDraft(""); onChange(""); }} />}
        <IconButton size="s" type="submit" label="Filter" icon={CornerDownLeft} />
        {fitting.length > 0 && (
          <div className="comp">
            <ul role="listbox" id={`${id}l`} aria-label="Completions">
              {/* mousedown, because a click would come after the field has lost the focus and closed the list */}
              {fitting.map((s, i) => <li key={s} role="option" id={`${id}o${i}`} aria-selected={i === active} onMouseDown={(e) => { e.preventDefault(); take(s); }}><code>{s}</code></li>)}
            </ul>
            <p><kbd>Tab</kbd> take <kbd>↑</kbd><kbd>↓</kbd> choose</p>
          </div>
        )}
      </div>
      {error && (
        <div className="xbar__e" id={`${id}e`} role="alert">
          <FieldError>
            {/[.!?]$/.test(error) ? error : `${error}.`}
            {mend ? <> {mend.words}: <button type="button" className="link" onClick={() => { setDraft(mend.filter); onChange(mend.filter); }}><code>{mend.filter}</code></button></> : <> Conditions look like <code>metrics.loss &lt; 0.5 and params.model = 'tree'</code>; <code>or</code>, <code>not</code> and parentheses work too.</>}
            {" "}The runs below are those of the last filter that worked.
          </FieldError>
        </div>
      )}
    </form>
  );
}
