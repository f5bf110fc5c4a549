import { z } from "zod";
import { type OpenApiDocument, openApiDocument } from "./openapi";
import { type Route, route } from "./route";

/** The call that answers with the document of all calls, itself included. */
export function documentRoute(routes: () => Route[]): Route {
  let made: OpenApiDocument | undefined;
  return route({
    method: "GET",
    path: "/openapi.json",
    operationId: "getOpenApi",
    summary: "This document.",
    answer: z.object({ openapi: z.string() }).loose(),
    async handle() {
      made ??= openApiDocument(routes());
      return made;
    },
  });
}
