"use client";

import { useState } from "react";
import { ShareDialog } from "@/components/shares/share-dialog";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Button } from "@/components/ui/button";
import { useProject } from "./project-context";

export function ShareProjectButton() {
  const { id, name } = useProject();
  const { may } = useWorkspace();
  const [isOpen, setIsOpen] = useState(false);
  if (!may.share) return null;
  return (
    <>
      <Button data-wide="" onClick={() => setIsOpen(true)}>Share</Button>
      {isOpen && <ShareDialog targetType="project" targetId={id} name={name} onClose={() => setIsOpen(false)} />}
    </>
  );
}
