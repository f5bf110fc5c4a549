"use client";

import { House } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { Button, ButtonLink } from "../ui/button";

/** The same words for what is not there and what this person may not see, so that the page gives nothing away. */
export function NotFoundMessage() {
  const path = usePathname();
  const router = useRouter();
  return (
    <div className="page">
      <div className="msg">
        <h1>There is no page here</h1>
        <p className="msg__u">{path}</p>
        <p>The address may be cut or mistyped, what it named may have been deleted, or it is in a workspace that you are not in.</p>
        <div className="row row--wrap">
          <ButtonLink href="/" look="primary" icon={House}>Home</ButtonLink>
          <Button look="ghost" onClick={() => router.back()}>Back</Button>
        </div>
      </div>
    </div>
  );
}
