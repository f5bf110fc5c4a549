"use client";

import { Copy } from "lucide-react";
import type { EntryPoint } from "@/common/mlproject";
import { shellQuote } from "@/common/mlproject";
import { Button } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { say } from "@/components/ui/toast";
import { type CommandPart, commandText } from "./parameter-values";

/** The command in full, values that differ from their defaults in blue, those that do not pass in red. */
export function CommandLine({ parts }: { parts: CommandPart[] }) {
  return (
    <p className="cmd">
      {parts.map((p, at) => {
        const key = `${at}${p.look}`;
        if (p.look === "changed") return <mark key={key}>{p.text}</mark>;
        if (p.look === "bad") return <span key={key} className="bad">{p.text}</span>;
        if (p.look === "missing") return <span key={key} className="dim">{p.text}</span>;
        return <span key={key}>{p.text.split(/(--?[A-Za-z][\w-]*)/).map((t, i) => (i % 2 ? <span key={`${t}${String(i)}`} className="f">{t}</span> : t))}</span>;
      })}
    </p>
  );
}

/** Copies what will run, in the words of the place where it goes. */
export function CopyCommandMenu({ entryPoint, parts, given, projectId, formHref }: { entryPoint: EntryPoint; parts: CommandPart[]; given: Record<string, string>; projectId: string; formHref: string }) {
  const copy = async (text: string, what: string) => {
    if (await copyText(text)) say(`Copied ${what}`);
  };
  const asMlflow = () => ["mlflow run .", entryPoint.name === "main" ? "" : `-e ${shellQuote(entryPoint.name)}`, ...Object.entries(given).map(([k, v]) => `-P ${shellQuote(`${k}=${v}`)}`)].filter(Boolean).join(" ");
  const asCurl = () => `curl -X POST ${window.location.origin}/api/2.0/flowbook/projects/${projectId}/launches -H 'Content-Type: application/json' -d ${shellQuote(JSON.stringify({ entry_point: entryPoint.name, parameters: given }))}`;
  return (
    <Menu trigger={<Button look="ghost" size="s" icon={Copy} aria-label={`Copy the command of ${entryPoint.name}`}>Copy</Button>}>
      <MenuItem onSelect={() => void copy(commandText(parts), "the command")}>As shell command</MenuItem>
      <MenuItem onSelect={() => void copy(asMlflow(), "the mlflow run line")}>As mlflow run</MenuItem>
      <MenuItem onSelect={() => void copy(asCurl(), "the curl line")}>As curl</MenuItem>
      <MenuItem onSelect={() => void copy(window.location.origin + formHref, "the link")}>As link to the filled form</MenuItem>
    </Menu>
  );
}
