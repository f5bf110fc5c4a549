import type { Metadata } from "next";
import { Door } from "@/components/people/door";
import { NewPersonForm } from "@/components/people/new-person-form";
import { getSystemCtx } from "@/server/auth";
import { openInvitation } from "@/server/domain/workspaces";
import { asDomainError } from "@/server/errors";

export const metadata: Metadata = { title: "Join" };

const may = { viewer: "sees projects, runs and models", editor: "edits files, launches and stops runs, shares", owner: "also invites people and changes their roles" };

export default async function JoinPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const found = await openInvitation(await getSystemCtx(), { token }).catch((error: unknown) => {
    const known = asDomainError(error);
    if (known?.kind !== "not_found") throw error;
    return known.message;
  });
  if (typeof found === "string") return <Door title="This invitation has ended" lead={`${found} You were not added, and nothing was changed.`} />;
  return (
    <Door title={`Join ${found.workspaceName}`}>
      <dl className="kv door__kv"><dt>Your role</dt><dd><b>{found.role[0]?.toUpperCase()}{found.role.slice(1)}</b>, {may[found.role]}</dd></dl>
      <NewPersonForm path="/auth/join" token={token} act="Join" />
    </Door>
  );
}
