import type { Metadata } from "next";
import { ModelsPage } from "@/components/models/models-page";
import { searchRegisteredModels } from "@/server/domain/models";
import { pageCtx } from "../../../page-ctx";

export const metadata: Metadata = { title: "Models" };

export default async function Page() {
  const ctx = await pageCtx();
  const { models } = await searchRegisteredModels(ctx, { maxResults: 500 });
  return <ModelsPage initial={models} />;
}
