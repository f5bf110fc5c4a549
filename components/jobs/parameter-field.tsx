"use client";

import { Undo2 } from "lucide-react";
import { type ReactNode, useId } from "react";
import { faultOf, type Parameter } from "@/common/mlproject";
import { FieldError } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";

export type ParameterFieldProps = {
  parameter: Parameter;
  /** What was set; undefined: the default stands. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  fault: string | undefined;
  layout: "cell" | "page";
  isDisabled: boolean;
  /** Paths of the project, offered for a parameter of kind `file`. */
  filePaths: readonly string[];
  /** Where the value may come from, such as the last run of an earlier step. */
  offers?: { title: string; value: string }[];
};

/** One parameter: its name, kind and help, the control, and what the value is against its default. */
export function ParameterField({ parameter, value, onChange, fault, layout, isDisabled, filePaths, offers = [] }: ParameterFieldProps) {
  const id = useId();
  const isChanged = value !== undefined && value !== (parameter.default ?? "");
  const control: ControlProps = {
    parameter, filePaths, text: value ?? parameter.default ?? "", onChange: (text) => onChange(text === parameter.default ? undefined : text),
    base: { id, disabled: isDisabled, ...(fault ? { "aria-invalid": true, "aria-describedby": `${id}e` } : {}) },
  };
  const label = <label htmlFor={id}><code>{parameter.name}</code></label>;
  const mend = fault && value ? mendOf(parameter, value) : null;
  const notes: ReactNode[] = [];
  if (isChanged && parameter.default !== null) notes.push(<span key="c" className="field__was">changed,</span>, layout === "page" ? <button key="b" type="button" onClick={() => onChange(undefined)} disabled={isDisabled}>back to {parameter.default === "" ? "empty" : parameter.default}</button> : <span key="b">default {parameter.default === "" ? "empty" : parameter.default}</span>);
  else if (parameter.default !== null) notes.push(<span key="d">default</span>);
  else if (parameter.optional && !value) notes.push(<span key="o">left out of the command</span>);
  for (const offer of offers) if (offer.value !== value) notes.push(<button key={offer.title} type="button" disabled={isDisabled} onClick={() => onChange(offer.value)}>{offer.title}</button>);
  const below = (
    <>
      {fault && <FieldError id={`${id}e`}>{fault}{mend && <> <button type="button" className="link" onClick={() => onChange(mend)}>Write {mend}</button></>}</FieldError>}
      {notes.length > 0 && <div className="field__d">{notes}</div>}
    </>
  );
  if (layout === "page") {
    return (
      <div className={`frow ${isChanged ? "is-changed" : ""}`}>
        <div className="frow__l">{label} <span className="dim sm">{kindWords(parameter)}</span>{parameter.help && <p>{parameter.help}</p>}</div>
        <div className="frow__c"><Control {...control} />{below}</div>
      </div>
    );
  }
  return (
    <div className={`field ${isChanged ? "is-changed" : ""} ${isWide(parameter) ? "field--wide" : ""}`}>
      <div className="field__l">
        {label}<span className="field__type">{kindWords(parameter)}</span>
        {isChanged && parameter.default !== null && <button type="button" className="link" aria-label={`Back to ${parameter.default || "empty"}`} disabled={isDisabled} onClick={() => onChange(undefined)}><Icon of={Undo2} />{clip(parameter.default)}</button>}
      </div>
      <Control {...control} />
      {parameter.help && <p className="field__h">{parameter.help}</p>}
      {below}
    </div>
  );
}

type ControlProps = {
  parameter: Parameter;
  text: string;
  onChange: (text: string) => void;
  base: { id: string; disabled: boolean; "aria-invalid"?: boolean; "aria-describedby"?: string };
  filePaths: readonly string[];
};

function Control({ parameter, text, onChange, base, filePaths }: ControlProps) {
  if (parameter.choices) {
    return (
      <select className="in" {...base} value={text} onChange={(e) => onChange(e.target.value)}>
        {!parameter.choices.includes(text) && <option value={text}>{text || "choose"}</option>}
        {parameter.choices.map((c) => <option key={c}>{c}</option>)}
      </select>
    );
  }
  if (parameter.kind === "bool" && (text === "" || /^(true|false|yes|no|1|0|on|off|t|f|y|n)$/i.test(text))) {
    const isOn = /^(true|yes|1|on|t|y)$/i.test(text);
    // MLflow passes what Python prints: True and False.
    return <span className="switch"><input type="checkbox" role="switch" {...base} checked={isOn} onChange={(e) => onChange(e.target.checked ? "True" : "False")} /><span aria-hidden="true">{isOn ? "Yes" : "No"}</span></span>;
  }
  const listId = `${base.id}l`;
  return (
    <>
      <input
        className="in in--mono" {...base} value={text} autoComplete="off" spellCheck={false}
        type={parameter.secret ? "password" : "text"}
        inputMode={parameter.kind === "int" ? "numeric" : parameter.kind === "float" ? "decimal" : parameter.kind === "uri" ? "url" : "text"}
        list={parameter.kind === "file" ? listId : undefined}
        placeholder={parameter.optional ? "not set" : undefined}
        onChange={(e) => onChange(e.target.value)}
      />
      {parameter.kind === "file" && <datalist id={listId}>{filePaths.map((p) => <option key={p} value={p} />)}</datalist>}
    </>
  );
}

/** `int, 1 or more`, `path, required`, `float, 0.05 to 0.5`. */
function kindWords({ kind, min, max, required, optional }: Parameter): string {
  const words: string[] = [kind];
  if (min !== undefined && max !== undefined) words.push(`${min} to ${max}`);
  else if (min !== undefined) words.push(`${min} or more`);
  else if (max !== undefined) words.push(`${max} or less`);
  if (required) words.push("required");
  else if (optional) words.push("optional");
  return words.join(", ");
}

/** A decimal comma, thousands marks and spaces: what was meant, when it passes. */
function mendOf(parameter: Parameter, text: string): string | null {
  for (const meant of [text.trim().replace(",", "."), text.replace(/[\s,']/g, "")]) {
    if (meant !== text && meant !== "" && faultOf(parameter, meant, true) === null) return meant;
  }
  return null;
}

const isWide = (p: Parameter) => p.kind === "path" || p.kind === "uri" || p.kind === "file" || Boolean(p.help) || (p.min !== undefined && p.max !== undefined) || (p.default?.length ?? 0) > 14;
const clip = (text: string) => (text.length > 14 ? `${text.slice(0, 13)}…` : text || "empty");
