import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import type { Route } from "./route";
import { basePath, errorBody } from "./wire";

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of these routes, made from the schemas that parse their calls. */
export function openApiDocument(routes: Route[]): OpenApiDocument {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Flowbook",
      version: "2.0",
      description: "Projects, files, launches and shares for scripts. Tokens are those of MLflow clients (Settings). Every success is 200; times are milliseconds since 1970.",
    },
    servers: [{ url: basePath }],
    security: [{ bearer: [] }, { basic: [] }],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" }, basic: { type: "http", scheme: "basic" } } },
    paths: paths(routes),
  });
}

function paths(routes: Route[]): ZodOpenApiPathsObject {
  const found: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const item = (found[route.path] ??= {});
    const operation = operationOf(route);
    if (route.method === "GET") item.get = operation;
    else if (route.method === "POST") item.post = operation;
    else if (route.method === "PUT") item.put = operation;
    else item.delete = operation;
  }
  return found;
}

const refusal = (description: string) => ({ description, content: { "application/json": { schema: errorBody } } });
const bytes = { type: "string", format: "binary" } as const;

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { params, query, json, rawBody, requestHeaders, answer } = route;
  const content = {
    ...(json ? { "application/json": { schema: json } } : {}),
    ...Object.fromEntries((rawBody?.mediaTypes ?? []).map((type) => [type, { schema: bytes }])),
  };
  const ok =
    answer instanceof z.ZodType
      ? { description: "Done.", content: { "application/json": { schema: answer } } }
      : {
          description: answer.description,
          content: { [answer.mediaType]: { schema: bytes } },
          headers: Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, description]) => [name, { description, schema: { type: "string" as const } }])),
        };
  return {
    operationId: route.operationId,
    summary: route.summary,
    requestParams: { ...(params ? { path: params } : {}), ...(query ? { query } : {}), ...(requestHeaders ? { header: requestHeaders } : {}) },
    ...(Object.keys(content).length > 0 ? { requestBody: { ...(rawBody ? { description: rawBody.description } : {}), content } } : {}),
    responses: {
      "200": ok,
      "400": refusal("Something in the call is wrong; `problems` names each field."),
      "401": refusal("No token, or one that does not work (any more)."),
      "403": refusal("The role or the token's scope does not allow this."),
      "404": refusal("It is not there, or not for this caller."),
      "409": refusal("It is not in the state that this needs."),
      "413": refusal("Too large; the message names the limit."),
    },
  };
}
