import type { Metadata } from "next";
import { Door } from "@/components/people/door";

export const metadata: Metadata = { title: "This link has ended" };

/** The one-time link signs in before any page is asked for; who sees this holds one that has ended. */
export default function EndedLinkPage() {
  return (
    <Door title="This link has ended" lead="The owner’s link works once, within 24 hours, and a newer one ends those before it. Was it not you who used it? Then make a new one and set a password.">
      <p className="cmd door__cmd">npm run owner-link</p>
      <p className="door__s"><a href="/login">Sign in with a password</a></p>
    </Door>
  );
}
