"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button";
import { sayFailed } from "./toast";

/** Puts text on the clipboard, where the browser lets a page do so (https or this machine). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    sayFailed("Not copied", new Error("The browser does not let this page write to the clipboard. Select the text and copy it."));
    return false;
  }
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false);
  return (
    <Button
      look="ghost" size="s" icon={isCopied ? Check : Copy} aria-label={label === "Copy" ? undefined : label}
      onClick={async () => {
        if (!(await copyText(text))) return;
        setIsCopied(true);
        setTimeout(() => setIsCopied(false), 1500);
      }}
    >
      {isCopied ? "Copied" : "Copy"}
    </Button>
  );
}
