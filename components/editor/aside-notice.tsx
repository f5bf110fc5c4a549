"use client";

import { useState } from "react";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";

/** What was typed into a document that the server replaced or refused: nothing of it is thrown away unseen. */
export function AsideNotice({ path, text, onDone }: { path: string; text: string; onDone: () => void }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="fe-note fe-note--warn" role="alert">
      <p>The stored {path} was loaded again, because your copy of it could not be stored. Your text is kept here until you close this.</p>
      <div className="row">
        <CopyButton text={text} label="Copy your text" />
        <Button size="s" onClick={() => setIsShown(!isShown)} aria-expanded={isShown}>{isShown ? "Hide your text" : "Show your text"}</Button>
        <Button size="s" onClick={onDone}>Close</Button>
      </div>
      {isShown && <pre className="code fe-aside">{text}</pre>}
    </div>
  );
}
