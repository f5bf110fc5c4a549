"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Note } from "../ui/note";
import { postJson, type Refusal } from "./post-json";

/** `next` is a path of ours; the part behind # of the link that was asked for is kept by the browser and put back. */
export function SignInForm({ next }: { next: string }) {
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    const refused = await postJson("/auth/sign-in/username", { username: String(data.get("username")).trim(), password: data.get("password") });
    if (!refused) {
      window.location.assign(next + window.location.hash);
      return;
    }
    setBusy(false);
    setRefusal(/too many|did not answer/i.test(refused.message) ? refused : { message: "Name and password do not go together. Check both.", problems: [] });
  }

  return (
    <form className="door__f" onSubmit={(e) => void submit(e)}>
      {refusal && <Note look="danger">{refusal.message}</Note>}
      <Field label="Name">{(c) => <input className="in" name="username" autoComplete="username" required autoCapitalize="none" {...c} />}</Field>
      <Field label="Password">{(c) => <input className="in" name="password" type="password" autoComplete="current-password" required {...c} />}</Field>
      <Button type="submit" look="primary" size="l" disabled={isBusy}>Sign in</Button>
    </form>
  );
}
