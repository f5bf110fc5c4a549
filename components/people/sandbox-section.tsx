"use client";

import { useSandbox } from "../shell/use-sandbox";

const names = { on: "Isolated", off: "Not isolated", unavailable: "No steps can run", "no-runner": "No runner is here" };

export function SandboxSection() {
  const sandbox = useSandbox();
  return (
    <section className="sg" id="runner" aria-labelledby="runner-h">
      <div className="sg__l"><h2 id="runner-h">Runner and sandbox</h2><p>Where steps run, and what holds them.</p></div>
      <div className="panel"><div className="tier"><div><h3>{names[sandbox.mode]}</h3><p>{sandbox.words}{sandbox.reason ? ` ${sandbox.reason}` : ""}</p><p className="dim sm">{sandbox.slots} steps at once.</p></div></div></div>
    </section>
  );
}
