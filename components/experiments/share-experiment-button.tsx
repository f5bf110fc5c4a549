"use client";

import { Share } from "lucide-react";
import { useState } from "react";
import { ShareDialog } from "@/components/shares/share-dialog";
import { useWorkspace } from "@/components/shell/workspace-context";
import { Button } from "@/components/ui/button";

export function ShareExperimentButton({ id, name }: { id: number; name: string }) {
  const { may } = useWorkspace();
  const [isOpen, setOpen] = useState(false);
  if (!may.share) return null;
  return (
    <>
      <Button icon={Share} onClick={() => setOpen(true)}>Share</Button>
      {isOpen && <ShareDialog targetType="experiment" targetId={String(id)} name={name} onClose={() => setOpen(false)} />}
    </>
  );
}
