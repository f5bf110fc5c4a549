"use client";

import { type RefObject, useEffect, useState } from "react";

/** True once the element has come within a window's height of what is seen; editors of a long page load then, not all at once. */
export function useNear(ref: RefObject<HTMLElement | null>): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const node = ref.current;
    if (!node || isNear) return;
    const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setIsNear(true), { rootMargin: "100% 0px" });
    observer.observe(node);
    return () => observer.disconnect();
  }, [ref, isNear]);
  return isNear;
}
