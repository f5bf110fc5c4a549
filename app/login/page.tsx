import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { findPageCtx } from "@/app/page-ctx";
import { Door } from "@/components/people/door";
import { SignInForm } from "@/components/people/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

export default async function LoginPage({ searchParams }: { searchParams: Promise<{ next?: string }> }) {
  const { next } = await searchParams;
  // Only a path of ours: "//elsewhere" and "\elsewhere" would leave the site.
  const path = next && /^\/(?![/\\])/.test(next) ? next : "/";
  const ctx = await findPageCtx();
  if (ctx && ctx.actor.kind !== "share") redirect(path);
  return (
    <Door title="Sign in" lead={path === "/" ? undefined : <>Then the page you asked for opens: <code>{path}</code></>}>
      <SignInForm next={path} />
      <p className="door__s">Password lost? The server’s owner makes a new way in: <code>npm run owner-link</code>. A link to one run opens without an account.</p>
    </Door>
  );
}
