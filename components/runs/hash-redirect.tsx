"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Where a link that an MLflow client or page printed (`/#/experiments/3/runs/…`) leads in this workspace, or null for any other `#…`. */
export function pathOfMlflowHash(hash: string, slug: string): string | null {
  const run = /^#\/(?:experiments\/[^/]+\/)?runs\/(\w[\w-]*)/.exec(hash);
  if (run) return `/${slug}/runs/${run[1]}`;
  if (hash.startsWith("#/compare-runs?")) return `/${slug}/compare?runs=${comparedRuns(hash).join(",")}`;
  const experiment = /^#\/experiments\/(\d+)/.exec(hash);
  if (experiment) return `/${slug}/experiments/${experiment[1]}`;
  const model = /^#\/models\/([^/?]+)/.exec(hash);
  if (model) return `/${slug}/models#${model[1]}`;
  return /^#\/models\b/.test(hash) ? `/${slug}/models` : null;
}

/** MLflow writes them as a JSON list; whatever else stands there is no run. */
function comparedRuns(hash: string): string[] {
  return new URLSearchParams(hash.slice(hash.indexOf("?"))).get("runs")?.match(/\w[\w-]*/g) ?? [];
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
