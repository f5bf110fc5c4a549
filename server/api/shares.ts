import { z } from "zod";
import { getProject } from "../domain/projects";
import { createShare, pageShares, revokeShare } from "../domain/shares";
import { route } from "./route";
import * as wire from "./wire";

export const shareRoutes = [
  route({
    method: "POST",
    path: "/shares",
    operationId: "createShare",
    summary: "A view-only link to a run, an experiment or a project.",
    json: wire.shareBody,
    answer: wire.shareAnswer,
    async handle({ ctx, body }) {
      const { type, id } = body.target;
      const targetId = type === "project" ? (await getProject(ctx, { idOrName: id })).id : id;
      const share = await createShare(ctx, {
        targetType: type,
        targetId,
        ...(body.name ? { name: body.name } : {}),
        ...(typeof body.expires_in_seconds === "number" ? { expiresInSeconds: body.expires_in_seconds } : {}),
      });
      return { share: { id: share.id, url: share.url, expires_time: share.expiresAtMs } };
    },
  }),
  route({
    method: "GET",
    path: "/shares",
    operationId: "listShares",
    summary: "Links that work now, newest first; their addresses are shown only when they are made.",
    query: z.object(wire.page),
    answer: wire.shareList,
    async handle({ ctx, query }) {
      const { shares, nextPageToken } = await pageShares(ctx, {
        ...(query.max_results === undefined ? {} : { limit: query.max_results }),
        ...(query.page_token ? { pageToken: query.page_token } : {}),
      });
      return {
        shares: shares.map((s) => ({ id: s.id, target: { type: s.targetType, id: s.targetId }, role: "view", name: s.name, created_time: s.createdAtMs, expires_time: s.expiresAtMs })),
        ...(nextPageToken ? { next_page_token: nextPageToken } : {}),
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/shares/{id}",
    operationId: "revokeShare",
    summary: "Ends a link; browsers that have it open are closed out within 5 seconds.",
    params: wire.shareParams,
    answer: wire.nothing,
    async handle({ ctx, params }) {
      await revokeShare(ctx, { shareId: params.id });
      return {};
    },
  }),
];
