"use client";

import { FailedMessage } from "@/components/shell/failed-message";

export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <main className="main" id="main" tabIndex={-1}><FailedMessage error={error} retry={reset} /></main>;
}
