"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Link2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { formatTime } from "@/common/format";
import { trpc } from "@/components/trpc";
import { Button } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { say, sayFailed } from "@/components/ui/toast";

const hour = 3600;
const endings = [
  { seconds: hour, words: "In 1 hour" },
  { seconds: 24 * hour, words: "In 1 day" },
  { seconds: 7 * 24 * hour, words: "In 7 days" },
  { seconds: 30 * 24 * hour, words: "In 30 days" },
];

type Props = { targetType: "run" | "experiment" | "project"; targetId: string; name: string; stepCount?: number; onClose: () => void };

/** Makes view-only links, lists those that exist and revokes them. A link is shown once, when it is made. */
export function ShareDialog({ targetType, targetId, name, stepCount = 0, onClose }: Props) {
  const client = useQueryClient();
  const key = ["shares", targetType, targetId];
  const links = useQuery({ queryKey: key, queryFn: () => trpc.shares.list.query({ targetType, targetId }) });
  const [made, setMade] = useState<{ id: string; url: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const nowMs = Date.now();

  const create = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const share = await trpc.shares.create.mutate({ targetType, targetId, name: String(form.get("name")), expiresInSeconds: Number(form.get("ends")) });
      const url = new URL(share.url, window.location.href).href;
      setMade({ id: share.id, url });
      // Only where the browser lets the page; the field below shows it in any case.
      await navigator.clipboard?.writeText(url).then(() => say("Copied the link")).catch(() => {});
    } catch (error) {
      sayFailed("No link was made", error);
    } finally {
      setBusy(false);
      await client.invalidateQueries({ queryKey: key });
    }
  };
  const revoke = async (shareId: string) => {
    try {
      await trpc.shares.revoke.mutate({ shareId });
      if (made?.id === shareId) setMade(null);
      say("Revoked", { note: "Pages that are open through it close within 5 s." });
    } catch (error) {
      sayFailed("The link was not revoked and still opens", error);
    }
    await client.invalidateQueries({ queryKey: key });
  };

  return (
    <Dialog title={`Share ${name}`} onClose={onClose} footer={<><span className="dim">Members of this workspace see it without a link.</span><Button onClick={onClose}>Done</Button></>}>
      <p className="mid">A link opens this {targetType} read-only, without an account: status, log and charts as they move, artifacts and the code that ran{stepCount > 0 ? `, with its ${stepCount === 1 ? "nested run" : `${stepCount} nested runs`}` : ""}.</p>
      <form className="sharef" onSubmit={(e) => void create(e)}>
        <div className="field">
          <div className="field__l"><label htmlFor="share-ends">Ends</label></div>
          <select className="in" id="share-ends" name="ends" defaultValue={7 * 24 * hour}>{endings.map((e) => <option key={e.seconds} value={e.seconds}>{e.words}, {formatTime(nowMs + e.seconds * 1000, nowMs)}</option>)}</select>
        </div>
        <div className="field">
          <div className="field__l"><label htmlFor="share-name">For whom</label><span className="field__type">only members see this</span></div>
          <input className="in" id="share-name" name="name" maxLength={200} placeholder="Weekly report" />
        </div>
        <div className="field--wide row row--wrap"><Button type="submit" look="primary" icon={Link2} disabled={isBusy}>Create link</Button><span className="dim sm">The link is shown once; only a hash of it is stored.</span></div>
      </form>
      {made && (
        <div className="field">
          <div className="field__l"><label htmlFor="share-made">The new link</label></div>
          <div className="row"><input className="in in--mono" id="share-made" readOnly value={made.url} onFocus={(e) => e.currentTarget.select()} /><Button icon={Copy} onClick={() => void copyText(made.url).then((ok) => ok && say("Copied the link"))}>Copy</Button></div>
        </div>
      )}
      <section aria-labelledby="share-links">
        <h3 id="share-links" style={{ marginBottom: 4 }}>Links to this {targetType}</h3>
        {links.isError ? <p className="mid">The links did not load. {links.error.message}</p> : links.data?.length === 0 ? <p className="dim">None yet.</p> : (
          <ul className="shares">
            {(links.data ?? []).map((s) => (
              <li key={s.id}>
                <Icon of={Link2} className="dim" />
                <div>
                  {s.name || "Link without a name"}
                  <small>View only. Made {formatTime(s.createdAtMs, nowMs)}, ends {formatTime(s.expiresAtMs, nowMs)}. {s.openedCount > 0 ? `Opened ${s.openedCount === 1 ? "once" : `${s.openedCount} times`}${s.lastOpenedAtMs ? `, last ${formatTime(s.lastOpenedAtMs, nowMs)}` : ""}` : "Not opened yet"}</small>
                </div>
                <Button size="s" look="danger" aria-label={`Revoke ${s.name || "the link"}`} onClick={() => void revoke(s.id)}>Revoke</Button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </Dialog>
  );
}
