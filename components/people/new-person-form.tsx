"use client";

import { type FormEvent, useState } from "react";
import { passwordRule } from "@/common/secrets";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Note } from "../ui/note";
import { postJson, problemOf, type Refusal } from "./post-json";

/** Name, sign-in name and password of someone new: an invitation's form, and the owner's who came by the one-time link. */
export function NewPersonForm({ path, token, act, onDone }: { path: "/auth/join" | "/auth/set-password"; token?: string; act: string; onDone?: () => void }) {
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    const refused = await postJson(path, { ...(token ? { token } : {}), name: data.get("name"), username: data.get("username"), password: data.get("password") });
    setBusy(false);
    setRefusal(refused);
    if (refused) return;
    if (onDone) onDone();
    else window.location.assign("/");
  }

  const problem = (field: string) => problemOf(refusal, field);
  return (
    <form className="door__f" onSubmit={(e) => void submit(e)}>
      {refusal && refusal.problems.length === 0 && <Note look="danger">{refusal.message}</Note>}
      <Field label="Your name" help="Others see it beside your cursor and your runs." error={problem("name")}>{(c) => <input className="in" name="name" autoComplete="nickname" required maxLength={80} {...c} />}</Field>
      <Field label="Name to sign in with" help="Letters, digits, dots, underscores." error={problem("username")}>{(c) => <input className="in" name="username" autoComplete="username" required autoCapitalize="none" maxLength={40} {...c} />}</Field>
      <Field label="Password" help={`At least ${passwordRule.min} characters. A sentence is fine.`} error={problem("password")}>{(c) => <input className="in" name="password" type="password" autoComplete="new-password" required minLength={passwordRule.min} {...c} />}</Field>
      <Button type="submit" look="primary" size="l" disabled={isBusy}>{act}</Button>
    </form>
  );
}
