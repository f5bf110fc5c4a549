"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Where a link that an MLflow client printed (`/#/experiments/3/runs/…`) leads in this workspace, or null for any other `#…`. */
export function pathOfMlflowHash(hash: string, slug: string): string | null {
  const run = /^#\/experiments\/[^/]+\/runs\/([\w-]+)/.exec(hash);
  if (run) return `/${slug}/runs/${run[1]}`;
  const experiment = /^#\/experiments\/(\d+)/.exec(hash);
  if (experiment) return `/${slug}/experiments/${experiment[1]}`;
  const model = /^#\/models\/([^/?]+)/.exec(hash);
  if (model) return `/${slug}/models`;
  return null;
}

/** Opens the page that a client's link means; stands on the home page, as the part after `#` never reaches the server. */
export function HashRedirect({ slug }: { slug: string }) {
  const router = useRouter();
  useEffect(() => {
    const go = () => {
      const path = pathOfMlflowHash(window.location.hash, slug);
      if (path) router.replace(path);
    };
    go();
    window.addEventListener("hashchange", go);
    return () => window.removeEventListener("hashchange", go);
  }, [slug, router]);
  return null;
}
