"use client";

import { type LucideIcon, Info } from "lucide-react";
import { toast } from "sonner";
import { Button } from "./button";
import { Icon } from "./icon";
import { StateIcon } from "./status";

export type ToastOptions = { note?: string; act?: { title: string; onPress: () => void }; icon?: LucideIcon; durationMs?: number };

/** Says that something happened; `act` is the way back, such as Undo. */
export function say(title: string, { note, act, icon = Info, durationMs = act ? 10_000 : 5000 }: ToastOptions = {}): void {
  toast.custom((id) => (
    <div className="toast" role="status">
      <Icon of={icon} />
      <div>{title}{note && <small>{note}</small>}</div>
      {act && <Button size="s" onClick={() => { toast.dismiss(id); act.onPress(); }}>{act.title}</Button>}
    </div>
  ), { duration: durationMs });
}

/** Says that something did not happen, why, and what stays as it was. */
export function sayFailed(title: string, error: unknown, act?: ToastOptions["act"]): void {
  const note = error instanceof Error ? error.message : String(error);
  toast.custom((id) => (
    <div className="toast" role="alert">
      <StateIcon state="failed" />
      <div>{title}<small>{note}</small></div>
      {act && <Button size="s" onClick={() => { toast.dismiss(id); act.onPress(); }}>{act.title}</Button>}
    </div>
  ), { duration: 10_000 });
}
