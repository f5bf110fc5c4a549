"use client";

import { useCallback, useMemo, useState } from "react";
import type { EntryPoint } from "@/common/mlproject";
import { readForm, type SetValues } from "./parameter-values";

/** The state of one entry point's form. What was typed is kept while MLproject changes under it. */
export function useEntryForm(entryPoint: EntryPoint, initial: SetValues = {}) {
  const [values, setValues] = useState<SetValues>(initial);
  const [isTried, setIsTried] = useState(false);
  const form = useMemo(() => readForm(entryPoint, values), [entryPoint, values]);
  const change = useCallback((name: string, value: string | undefined) => {
    setValues((before) => {
      if (value !== undefined) return { ...before, [name]: value };
      const { [name]: _gone, ...rest } = before;
      return rest;
    });
  }, []);
  return { values, setValues, change, form, isTried, setIsTried, badCount: Object.keys(form.faults).length };
}
