import type { ReactNode } from "react";

const colors = ["teal", "amber", "rose", "sky", "olive", "plum", "brick", "slate"] as const;
export type PersonColor = (typeof colors)[number];

const shapes: Record<PersonColor, ReactNode> = {
  teal: <path d="M0 12a12 12 0 0 0 24 0Z" />,
  amber: <path d="M12 0a12 12 0 0 1 0 24Z" />,
  rose: <circle cx="12" cy="12" r="5.5" />,
  sky: <path d="M3.5 3.5 20.5 20.5A12 12 0 0 1 3.5 3.5Z" />,
  olive: <><path d="M12 12V0a12 12 0 0 1 12 12Z" /><path d="M12 12v12A12 12 0 0 1 0 12Z" /></>,
  plum: <path d="M0 9h24v6H0Z" />,
  brick: <path d="M12 3 21 21H3Z" />,
  slate: <path d="M9 0h6v24H9Z" />,
};

/** A person's colour by its name; a name that is not one of ours (or none) is slate. */
export const personColor = (color: string | null | undefined): PersonColor => colors.find((c) => c === color) ?? "slate";

/** A colour plus a shape, so that it works without colour. Alone it needs `name`; beside the name it is hidden from readers. */
export function Avatar({ color, size = 18, name }: { color: string | null | undefined; size?: number; name?: string }) {
  const own = personColor(color);
  return (
    <span className={`av av--${own}`} style={{ "--av": `${size}px` } as React.CSSProperties} {...(name ? { role: "img", "aria-label": name, title: name } : { "aria-hidden": true })}>
      <svg viewBox="0 0 24 24" aria-hidden="true">{shapes[own]}</svg>
    </span>
  );
}

/** Avatar and name. */
export function Person({ name, color, size = 16 }: { name: string; color: string | null | undefined; size?: number }) {
  return <span className="person"><Avatar color={color} size={size} />{name}</span>;
}
