import type { Metadata } from "next";
import Link from "next/link";
import { workspaceInfo } from "@/app/workspace-info";
import { pageCtx } from "@/app/page-ctx";
import { InProgress } from "@/components/jobs/in-progress";
import { RecentRuns } from "@/components/jobs/recent-runs";
import { ProjectNav } from "@/components/projects/project-nav";
import { ProjectTable } from "@/components/projects/project-table";
import { HashRedirect } from "@/components/runs/hash-redirect";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";
import { ButtonLink } from "@/components/ui/button";
import { listProjects } from "@/server/domain/projects";

export const metadata: Metadata = { title: "Home" };

export default async function HomePage({ params }: { params: Promise<{ workspace: string }> }) {
  const { workspace } = await params;
  const ctx = await pageCtx();
  const [info, projects] = await Promise.all([workspaceInfo(workspace), listProjects(ctx, { limit: 200 })]);
  return (
    <>
      <HashRedirect slug={workspace} />
      <Sidebar><ProjectNav initial={projects} /></Sidebar>
      <TopBar crumbs={[{ title: info.name }]}>
        {info.may.administer && !info.viewer.isOpen && <ButtonLink href={`/${workspace}/settings`} data-wide="">Invite</ButtonLink>}
      </TopBar>
      <Main>
        <div className="page home">
          <h1 className="sr">{info.name}, home</h1>
          <div className="home__g">
            <div>
              <InProgress />
              <ProjectTable initial={projects} />
              <RecentRuns />
            </div>
            <aside aria-label="Log from elsewhere">
              <section className="sec" aria-labelledby="h-cl">
                <div className="sec__h"><h2 id="h-cl">Log from your own scripts</h2></div>
                <div className="cmd sm">{`export MLFLOW_TRACKING_URI=\\\n${info.trackingUri}${info.viewer.isOpen ? "" : "\nexport MLFLOW_TRACKING_TOKEN=…"}`}</div>
                <p className="dim sm" style={{ marginTop: 6 }}>Nothing else changes in the script. {!info.viewer.isOpen && <Link href={`/${workspace}/settings#tokens`}>Make a token</Link>}</p>
              </section>
            </aside>
          </div>
        </div>
      </Main>
    </>
  );
}
