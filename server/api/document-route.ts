import { route } from "./route";
import { z } from "zod";

export const documentRoutes = [
  route({
    method: "GET",
    path: "/openapi.json",
    operationId: "getOpenApi",
    summary: "This document.",
    answer: z.object({ openapi: z.string() }).loose(),
    async handle() {
      const { openApiDocument } = await import("./openapi");
      return openApiDocument();
    },
  }),
];
