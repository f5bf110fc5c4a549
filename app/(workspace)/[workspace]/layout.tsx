import type { ReactNode } from "react";
import { ShellStateProvider } from "@/components/shell/shell-state";
import { WorkspaceProvider } from "@/components/shell/workspace-context";
import { workspaceInfo } from "@/app/workspace-info";

/** Each page below renders its Sidebar (with its own lower half), TopBar and Main into this frame. */
export default async function WorkspaceLayout({ children, params }: { children: ReactNode; params: Promise<{ workspace: string }> }) {
  const { workspace } = await params;
  return (
    <WorkspaceProvider value={await workspaceInfo(workspace)}>
      <ShellStateProvider>{children}</ShellStateProvider>
    </WorkspaceProvider>
  );
}
