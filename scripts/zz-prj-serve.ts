import { createListener } from "/work/main/server/http/index";
import { getSystemCtx } from "/work/main/server/auth";
import { ensureExample } from "/work/main/server/domain/projects";
await ensureExample(await getSystemCtx());
createListener(async (_q, s) => { s.statusCode = 404; s.end("next"); }).listen(42301, "127.0.0.1", () => console.log("up"));
