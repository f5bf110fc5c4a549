"use client";

import type { LucideIcon } from "lucide-react";
import Link from "next/link";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "./icon";

/** A menu under its trigger (a Button or IconButton, which names it). */
export function Menu({ trigger, children, align = "end", isWide = false }: { trigger: ReactElement; children: ReactNode; align?: "start" | "end"; isWide?: boolean }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={`menu__pop menu__pop--float ${isWide ? "menu__pop--wide" : ""}`} align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type ItemProps = { icon?: LucideIcon; children: ReactNode; note?: ReactNode; keys?: string; isDanger?: boolean; disabled?: boolean };

const Inside = ({ icon, children, note, keys }: ItemProps) => (
  <>
    {icon && <Icon of={icon} />}
    <span className="menu__t">{children}{note && <small>{note}</small>}</span>
    {keys && <kbd>{keys}</kbd>}
  </>
);

export function MenuItem({ onSelect, ...props }: ItemProps & { onSelect: () => void }) {
  return (
    <Radix.Item className={`menu__item ${props.isDanger ? "is-danger" : ""}`} onSelect={onSelect} disabled={props.disabled}>
      <Inside {...props} />
    </Radix.Item>
  );
}

export function MenuLink({ href, isPlain = false, ...props }: ItemProps & { href: string; /** A download or another origin: not a page of ours. */ isPlain?: boolean }) {
  return (
    <Radix.Item className="menu__item" asChild>
      {isPlain ? <a href={href}><Inside {...props} /></a> : <Link href={href}><Inside {...props} /></Link>}
    </Radix.Item>
  );
}

export const MenuLine = () => <Radix.Separator asChild><hr /></Radix.Separator>;
