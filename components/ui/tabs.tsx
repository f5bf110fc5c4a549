"use client";

import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export type Tab = { id: string; title: string; count?: number; content: ReactNode };

/** Tabs within a page. Controlled when `value` is given, so that the URL can hold it. */
export function Tabs({ label, tabs, value, onChange }: { label: string; tabs: Tab[]; value?: string; onChange?: (id: string) => void }) {
  return (
    <Radix.Root {...(value !== undefined ? { value } : { defaultValue: tabs[0]?.id })} onValueChange={onChange}>
      <Radix.List className="tabs tabs--ui" aria-label={label}>
        {tabs.map((t) => (
          <Radix.Trigger key={t.id} value={t.id}>{t.title}{t.count !== undefined && <b>{t.count}</b>}</Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((t) => <Radix.Content key={t.id} value={t.id}>{t.content}</Radix.Content>)}
    </Radix.Root>
  );
}
