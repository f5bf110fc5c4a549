import type { LucideIcon } from "lucide-react";

/** A lucide icon at the page's size; hidden from readers, because its button or its word names it. */
export function Icon({ of: Shape, className = "" }: { of: LucideIcon; className?: string }) {
  return <Shape className={`i ${className}`} aria-hidden="true" focusable="false" />;
}
