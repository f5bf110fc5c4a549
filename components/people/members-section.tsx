"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../trpc";
import { useWorkspace } from "../shell/workspace-context";
import { Person } from "../ui/avatar";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { Field } from "../ui/field";
import { Time } from "../ui/time";
import { say, sayFailed } from "../ui/toast";

const roles = ["viewer", "editor", "owner"] as const;
type Role = (typeof roles)[number];
const title = (role: string) => `${role[0]?.toUpperCase()}${role.slice(1)}`;

export function MembersSection() {
  const { may, viewer } = useWorkspace();
  const cache = useQueryClient();
  const members = useQuery({ queryKey: ["workspaces", "members"], queryFn: () => trpc.workspaces.members.query() });
  const refresh = () => cache.invalidateQueries({ queryKey: ["workspaces"] });
  const setRole = useMutation({ mutationFn: (input: { userId: string; role: Role }) => trpc.workspaces.setRole.mutate(input), onSettled: refresh, onError: (e) => sayFailed("The role was not changed", e) });
  const remove = useMutation({ mutationFn: (input: { userId: string }) => trpc.workspaces.removeMember.mutate(input), onSettled: refresh, onError: (e) => sayFailed("Nobody was removed", e) });

  return (
    <section className="sg" id="people" aria-labelledby="people-h">
      <div className="sg__l"><h2 id="people-h">People</h2><p>Viewers see everything. Editors change files, launch and share. Owners also invite and set roles.</p></div>
      <div className="sg__r">
        {viewer.isOpen && <p className="mid">With <code>FLOWBOOK_AUTH=open</code> everybody on this machine acts as the owner; people and invitations are used once accounts are on.</p>}
        {may.administer && !viewer.isOpen && <InviteForm onMade={() => void refresh()} />}
        {!viewer.isOpen && <div className="panel scroll" role="region" aria-label="Table of people" tabIndex={0}>
          <table className="tb tb--two">
            <thead><tr><th scope="col">Person</th><th scope="col">Role</th><th scope="col">Joined</th><th scope="col" className="act"><span className="sr">Remove</span></th></tr></thead>
            <tbody>
              {(members.data ?? []).map((m) => (
                <tr key={m.userId}>
                  <td><Person name={m.name} color={m.color} />{m.username && <span className="dim"> {m.username}</span>}</td>
                  <td>
                    {may.administer ? (
                      <select className="in" aria-label={`Role of ${m.name}`} value={m.role} onChange={(e) => setRole.mutate({ userId: m.userId, role: e.target.value as Role })}>
                        {roles.map((r) => <option key={r} value={r}>{title(r)}</option>)}
                      </select>
                    ) : title(m.role)}
                  </td>
                  <td><Time ms={m.joinedAtMs} /></td>
                  <td className="act">{may.administer && <Button size="s" look="danger" aria-label={`Remove ${m.name}`} onClick={() => remove.mutate({ userId: m.userId })}>Remove</Button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>}
        {may.administer && !viewer.isOpen && <Invitations onChanged={() => void refresh()} />}
      </div>
    </section>
  );
}

function InviteForm({ onMade }: { onMade: () => void }) {
  const [role, setRole] = useState<Role>("editor");
  const [note, setNote] = useState("");
  const invite = useMutation({ mutationFn: () => trpc.workspaces.invite.mutate({ role, ...(note ? { note } : {}) }), onSuccess: onMade, onError: (e) => sayFailed("No invitation was made", e) });
  return (
    <>
      <form className="bar2" aria-label="Invite by a link" onSubmit={(e) => { e.preventDefault(); invite.mutate(); }}>
        <div className="bar2__f">
          <Field label="Invite as">{(c) => <select className="in" value={role} onChange={(e) => setRole(e.target.value as Role)} {...c}>{[...roles].reverse().map((r) => <option key={r} value={r}>{title(r)}</option>)}</select>}</Field>
          <Field label="For whom">{(c) => <input className="in" value={note} maxLength={200} placeholder="a note for yourself" onChange={(e) => setNote(e.target.value)} {...c} />}</Field>
        </div>
        <Button type="submit" look="primary" disabled={invite.isPending}>Make an invitation</Button>
      </form>
      {invite.data && (
        <div className="once" role="status">
          <div className="once__h"><p><b>The invitation is ready.</b> Send this link: it is shown this once, works for one person and ends in 7 days.</p><CopyButton text={invite.data.url} label="Copy link" /></div>
          <pre className="cmd"><code data-testid="invitation-link">{invite.data.url}</code></pre>
        </div>
      )}
    </>
  );
}

function Invitations({ onChanged }: { onChanged: () => void }) {
  const list = useQuery({ queryKey: ["workspaces", "invitations"], queryFn: () => trpc.workspaces.invitations.query() });
  const revoke = useMutation({
    mutationFn: (invitationId: string) => trpc.workspaces.revokeInvitation.mutate({ invitationId }),
    onSuccess: () => { say("The invitation was taken back"); onChanged(); }, onError: (e) => sayFailed("The invitation still stands", e),
  });
  const open = (list.data ?? []).filter((i) => i.state === "open");
  if (open.length === 0) return null;
  return (
    <>
      <div className="sg__h"><h3>Pending invitations</h3><span className="dim sm">{open.length} can still be used</span></div>
      <div className="panel scroll" role="region" aria-label="Pending invitations" tabIndex={0}>
        <table className="tb tb--two">
          <thead><tr><th scope="col">For whom</th><th scope="col">Role</th><th scope="col">Ends</th><th scope="col" className="act"><span className="sr">Act</span></th></tr></thead>
          <tbody>
            {open.map((i) => (
              <tr key={i.id}><td>{i.note || "Not noted"}</td><td>{title(i.role)}</td><td><Time ms={i.expiresAtMs} /></td><td className="act"><Button size="s" look="danger" onClick={() => revoke.mutate(i.id)}>Revoke</Button></td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
