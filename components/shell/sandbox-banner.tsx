"use client";

import { ShieldAlert } from "lucide-react";
import { Icon } from "../ui/icon";
import { useSandbox } from "./use-sandbox";
import { useWorkspaceIfAny } from "./workspace-context";

/** Said on every page while steps are not isolated, or cannot run at all. */
export function SandboxBanner() {
  return useWorkspaceIfAny() ? <Banner /> : null;
}

function Banner() {
  const sandbox = useSandbox();
  if (sandbox.mode === "on") return null;
  return (
    <div className={`banner ${sandbox.mode === "no-runner" ? "banner--plain" : "banner--warn"}`} role="status">
      <Icon of={ShieldAlert} />
      <span><b className="med">{titles[sandbox.mode]}</b> {sandbox.words}{sandbox.mode === "unavailable" && sandbox.reason ? ` ${sandbox.reason}` : ""}</span>
    </div>
  );
}

const titles = { off: "Not isolated.", unavailable: "No sandbox, so no step runs.", "no-runner": "No runner is here." };
