"use client";

import { type FormEvent, useState } from "react";
import { passwordRule } from "@/common/secrets";
import { useWorkspace } from "../shell/workspace-context";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Note } from "../ui/note";
import { say } from "../ui/toast";
import { NewPersonForm } from "./new-person-form";
import { postJson, type Refusal } from "./post-json";

export function YouSection({ hasPassword: hadPassword }: { hasPassword: boolean }) {
  const { viewer } = useWorkspace();
  const [hasPassword, setHasPassword] = useState(hadPassword);
  if (viewer.isOpen) return null;
  return (
    <section className="sg" id="you" aria-labelledby="you-h">
      <div className="sg__l"><h2 id="you-h">You</h2><p>{hasPassword ? "How you sign in." : "You came by the owner’s one-time link. Set a password, so that you can come back without one."}</p></div>
      <div className="sg__r">
        {hasPassword ? <ChangePassword /> : <NewPersonForm path="/auth/set-password" act="Set password" onDone={() => { setHasPassword(true); say("The password is set"); }} />}
        <p><Button onClick={() => void signOut()}>Sign out</Button></p>
      </div>
    </section>
  );
}

async function signOut() {
  await postJson("/auth/sign-out", {});
  window.location.assign("/login");
}

function ChangePassword() {
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const refused = await postJson("/auth/change-password", { currentPassword: data.get("current"), newPassword: data.get("next"), revokeOtherSessions: true });
    setRefusal(refused);
    if (refused) return;
    form.reset();
    say("The password was changed", { note: "Your other sessions were signed out." });
  }
  return (
    <form className="door__f" aria-label="Change the password" onSubmit={(e) => void submit(e)}>
      {refusal && <Note look="danger">The password was not changed. {refusal.message}</Note>}
      <Field label="Password now">{(c) => <input className="in" name="current" type="password" autoComplete="current-password" required {...c} />}</Field>
      <Field label="New password" help={`At least ${passwordRule.min} characters.`}>{(c) => <input className="in" name="next" type="password" autoComplete="new-password" required minLength={passwordRule.min} {...c} />}</Field>
      <Button type="submit">Change password</Button>
    </form>
  );
}
