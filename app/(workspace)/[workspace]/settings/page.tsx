import type { Metadata } from "next";
import { pageCtx } from "@/app/page-ctx";
import { workspaceInfo } from "@/app/workspace-info";
import { MembersSection } from "@/components/people/members-section";
import { SandboxSection } from "@/components/people/sandbox-section";
import { TokensSection } from "@/components/people/tokens-section";
import { YouSection } from "@/components/people/you-section";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { StorageSection } from "@/components/storage/storage-section";
import { hasPassword } from "@/server/domain/workspaces";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage({ params }: { params: Promise<{ workspace: string }> }) {
  const { workspace } = await params;
  const info = await workspaceInfo(workspace);
  const ctx = await pageCtx();
  return (
    <>
      <Sidebar>
        <p className="side__h">Settings</p>
        <ul className="nav">{[...(info.viewer.isOpen ? [] : [["you", "You"]]), ["people", "People"], ["tokens", "Tokens"], ["runner", "Runner and sandbox"], ...(info.may.administer ? [["storage", "Storage"]] : [])].map(([id, title]) => <li key={id}><a href={`#${id}`}><span>{title}</span></a></li>)}</ul>
      </Sidebar>
      <TopBar crumbs={[{ title: info.name, href: `/${workspace}` }, { title: "Settings" }]} />
      <Main>
        <div className="page sets">
          <h1>Settings</h1>
          <YouSection hasPassword={await hasPassword(ctx)} />
          <MembersSection />
          <TokensSection />
          <SandboxSection />
          <StorageSection />
        </div>
      </Main>
    </>
  );
}
