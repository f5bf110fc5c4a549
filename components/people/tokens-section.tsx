"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../trpc";
import { useWorkspace } from "../shell/workspace-context";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { Field } from "../ui/field";
import { Time } from "../ui/time";
import { say, sayFailed } from "../ui/toast";

const scopes = { launch: "Launch, edit, track and read", track: "Track and read", read: "Read" } as const;
type Scope = keyof typeof scopes;

export function TokensSection() {
  const { viewer, trackingUri } = useWorkspace();
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: ["workspaces", "tokens"] });
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("track");
  const [days, setDays] = useState("90");
  const list = useQuery({ queryKey: ["workspaces", "tokens"], queryFn: () => trpc.workspaces.tokens.query(), enabled: !viewer.isOpen });
  const make = useMutation({ mutationFn: () => trpc.workspaces.createToken.mutate({ name, scope, expiresInDays: days ? Number(days) : null }), onSuccess: () => { setName(""); void refresh(); }, onError: (e) => sayFailed("No token was made", e) });
  const revoke = useMutation({ mutationFn: (tokenId: string) => trpc.workspaces.revokeToken.mutate({ tokenId }), onSuccess: () => { say("The token was revoked"); void refresh(); }, onError: (e) => sayFailed("The token still works", e) });
  const lines = (token?: string) => `export MLFLOW_TRACKING_URI=${trackingUri}${token ? `\nexport MLFLOW_TRACKING_TOKEN=${token}` : ""}`;

  return (
    <section className="sg" id="tokens" aria-labelledby="tokens-h">
      <div className="sg__l"><h2 id="tokens-h">Tokens</h2><p>For MLflow clients, scripts and CI. Each acts as you, within its scope.</p></div>
      <div className="sg__r">
        {viewer.isOpen ? (
          <><p className="mid">With <code>FLOWBOOK_AUTH=open</code> no client needs a token. Point it here:</p><pre className="cmd"><code>{lines()}</code></pre></>
        ) : (
          <>
            <form className="bar2" aria-label="Create a token" onSubmit={(e) => { e.preventDefault(); make.mutate(); }}>
              <div className="bar2__f bar2__f--3">
                <Field label="Name">{(c) => <input className="in" value={name} required maxLength={100} placeholder="nightly training" onChange={(e) => setName(e.target.value)} {...c} />}</Field>
                <Field label="Scope">{(c) => <select className="in" value={scope} onChange={(e) => setScope(e.target.value as Scope)} {...c}>{Object.entries(scopes).map(([k, words]) => <option key={k} value={k}>{words}</option>)}</select>}</Field>
                <Field label="Ends">{(c) => <select className="in" value={days} onChange={(e) => setDays(e.target.value)} {...c}><option value="30">in 30 days</option><option value="90">in 90 days</option><option value="365">in a year</option><option value="">never</option></select>}</Field>
              </div>
              <Button type="submit" look="primary" disabled={make.isPending}>Create token</Button>
            </form>
            {make.data && (
              <div className="once" role="status">
                <div className="once__h"><p><b>{make.data.name} is ready.</b> Copy it now: it is shown this once and stored as a hash.</p><CopyButton text={lines(make.data.token)} label="Copy lines" /></div>
                <pre className="cmd"><code data-testid="token-lines">{lines(make.data.token)}</code></pre>
              </div>
            )}
            <div className="panel scroll" role="region" aria-label="Tokens" tabIndex={0}>
              <table className="tb tb--two">
                <thead><tr><th scope="col">Name</th><th scope="col">Starts with</th><th scope="col">Scope</th><th scope="col">Last used</th><th scope="col">Ends</th><th scope="col" className="act"><span className="sr">Revoke</span></th></tr></thead>
                <tbody>
                  {(list.data ?? []).map((t) => (
                    <tr key={t.id}>
                      <td>{t.name}</td><td className="mono">{t.prefix}…</td><td>{scopes[t.scope]}</td><td>{t.lastUsedAtMs ? <Time ms={t.lastUsedAtMs} /> : "–"}</td><td>{t.expiresAtMs ? <Time ms={t.expiresAtMs} /> : "never"}</td>
                      <td className="act"><Button size="s" look="danger" aria-label={`Revoke ${t.name}`} onClick={() => revoke.mutate(t.id)}>Revoke</Button></td>
                    </tr>
                  ))}
                  {list.data?.length === 0 && <tr><td colSpan={6} className="dim">None yet.</td></tr>}
                </tbody>
              </table>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
