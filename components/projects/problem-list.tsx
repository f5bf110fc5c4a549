"use client";

import { CircleAlert, TriangleAlert, Wrench } from "lucide-react";
import Link from "next/link";
import { applyEdits, type Problem } from "@/common/mlproject";
import { useWorkspace } from "@/components/shell/workspace-context";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { Icon } from "@/components/ui/icon";
import { say, sayFailed } from "@/components/ui/toast";
import { useProject } from "./project-context";

/** What is wrong with the project, where, and the mend where there is one. */
export function ProblemList({ problems, texts }: { problems: readonly Problem[]; texts: Readonly<Record<string, string>> }) {
  const { id, hrefs } = useProject();
  const { may } = useWorkspace();

  const mend = async (fix: NonNullable<Problem["fix"]>) => {
    const before: Record<string, string> = {};
    try {
      for (const path of new Set(fix.edits.map((e) => e.path))) {
        before[path] = texts[path] ?? "";
        await trpc.files.write.mutate({ projectId: id, path, text: applyEdits(path, before[path], fix.edits) });
      }
      say(`Done: ${fix.title}`, {
        note: [...new Set(fix.edits.map((e) => e.path))].join(", "),
        act: { title: "Undo", onPress: () => void Promise.all(Object.entries(before).map(([path, text]) => trpc.files.write.mutate({ projectId: id, path, text }))).catch((error) => sayFailed("Not undone", error)) },
      });
    } catch (error) {
      sayFailed(`Not done: ${fix.title}`, error);
    }
  };

  return (
    <ul className="probs" aria-label="Problems">
      {problems.map((p) => (
        <li key={`${p.path}:${p.line ?? 0}:${p.column ?? 0}:${p.message}`} className={p.severity === "error" ? "is-error" : undefined}>
          <Icon of={p.severity === "error" ? CircleAlert : TriangleAlert} />
          <div>
            <p><span className="sr">{p.severity === "error" ? "Error: " : "Warning: "}</span>{p.message}</p>
            <p className="dim sm"><Link href={`${hrefs.file(p.path)}${p.line ? `?line=${p.line}` : ""}`}><code>{p.path}</code>{p.line ? ` line ${p.line}` : ""}</Link></p>
            {p.fix && may.edit && <Button size="s" icon={Wrench} onClick={() => p.fix && void mend(p.fix)}>{p.fix.title}</Button>}
          </div>
        </li>
      ))}
    </ul>
  );
}
