import type { LucideIcon } from "lucide-react";
import Link from "next/link";
import type { ButtonHTMLAttributes, ComponentProps, ReactNode, Ref } from "react";
import { Icon } from "./icon";

type Look = {
  /** `primary` is the filled (ink) one: at most one in a region. */
  look?: "plain" | "primary" | "danger" | "dangerfill" | "ghost" | "quiet";
  size?: "s" | "m" | "l";
  icon?: LucideIcon;
};

const classOf = ({ look = "plain", size = "m" }: Look, extra = "") =>
  ["btn", look === "quiet" ? "btn--ghost btn--quiet" : look === "plain" ? "" : `btn--${look}`, size === "m" ? "" : `btn--${size}`, extra].filter(Boolean).join(" ");

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & Look & {
  ref?: Ref<HTMLButtonElement>;
  /** Why it cannot be pressed now; the button stays focusable and says so. */
  why?: string | undefined;
};

export function Button({ look, size, icon, why, children, className, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classOf({ look, size }, className)}
      {...(why ? { "aria-disabled": true, title: why } : {})}
      onClick={why ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon of={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** A button that is only an icon: `label` is its name for readers and its tooltip. */
export function IconButton({ label, icon, look = "ghost", size, className = "", ...rest }: Omit<ButtonProps, "icon" | "children"> & { label: string; icon: LucideIcon }) {
  return (
    <button type="button" title={label} {...rest} aria-label={label} className={classOf({ look, size }, `btn--icon ${className}`)}>
      <Icon of={icon} />
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({ look, size, icon, children, className, ...rest }: ComponentProps<typeof Link> & Look & { children?: ReactNode }) {
  return (
    <Link {...rest} className={classOf({ look, size }, className)}>
      {icon && <Icon of={icon} />}
      <span>{children}</span>
    </Link>
  );
}
