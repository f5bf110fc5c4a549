"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";

/** A dialog over the page; a sheet from below on a phone. Esc, the scrim and Close call `onClose`. */
export function Dialog({ title, onClose, children, footer, isWide = false }: { title: string; onClose: () => void; children: ReactNode; footer?: ReactNode; isWide?: boolean }) {
  return (
    <Radix.Root open onOpenChange={(isOpen) => { if (!isOpen) onClose(); }}>
      <Radix.Portal>
        <Radix.Overlay className="scrim">
          <Radix.Content className={`dialog ${isWide ? "dialog--wide" : ""}`} aria-describedby={undefined}>
            <header className="dialog__h">
              <Radix.Title asChild><h2>{title}</h2></Radix.Title>
              <Radix.Close asChild><IconButton label="Close" icon={X} /></Radix.Close>
            </header>
            <div className="dialog__b">{children}</div>
            {footer && <footer className="dialog__f">{footer}</footer>}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
