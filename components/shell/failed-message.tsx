"use client";

import { Button, ButtonLink } from "../ui/button";

/** A page that met an error of its own. What was stored stays stored. */
export function FailedMessage({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return (
    <div className="page">
      <div className="msg">
        <h1>This page could not be shown</h1>
        <p>The server met an error, or its database is away. All that said Saved is stored, and runs go on without this page. Try again in a moment.</p>
        {error.digest && <p className="msg__u">error {error.digest}</p>}
        <div className="row row--wrap">
          <Button look="primary" onClick={retry}>Try again</Button>
          <ButtonLink href="/">Home</ButtonLink>
        </div>
      </div>
    </div>
  );
}
