"use client";

import type { EntryPoint, Parameter } from "@/common/mlproject";
import { ParameterField } from "./parameter-field";
import type { SetValues } from "./parameter-values";

export type ParameterFormProps = {
  entryPoint: EntryPoint;
  values: SetValues;
  onChange: (name: string, value: string | undefined) => void;
  faults: Readonly<Record<string, string>>;
  /** Faults of fields that were not touched show only after the first try to launch. */
  isTried: boolean;
  layout: "cell" | "page";
  isDisabled?: boolean;
  filePaths?: readonly string[];
  offersFor?: (parameter: Parameter) => { title: string; value: string }[];
};

/** The one form of an entry point's parameters: in its cell, on the launch page, and for "Run again". */
export function ParameterForm({ entryPoint, values, onChange, faults, isTried, layout, isDisabled = false, filePaths = [], offersFor }: ParameterFormProps) {
  if (entryPoint.parameters.length === 0) return <p className={layout === "page" ? "dim frow" : "dim"}>No parameters.</p>;
  return (
    <fieldset className={layout === "cell" ? "form2" : undefined} aria-label={`Parameters of ${entryPoint.name}`}>
      {entryPoint.parameters.map((p) => (
        <ParameterField
          key={p.name} parameter={p} layout={layout} isDisabled={isDisabled} filePaths={filePaths}
          value={values[p.name]} onChange={(value) => onChange(p.name, value)}
          fault={isTried || values[p.name] !== undefined ? faults[p.name] : undefined}
          {...(offersFor ? { offers: offersFor(p) } : {})}
        />
      ))}
    </fieldset>
  );
}
