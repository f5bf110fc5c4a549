"use client";

import { FailedMessage } from "@/components/shell/failed-message";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <>
      <Sidebar />
      <TopBar crumbs={[{ title: "Not shown" }]} />
      <Main><FailedMessage error={error} retry={reset} /></Main>
    </>
  );
}
