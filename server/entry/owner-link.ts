import { createOwnerLink, systemCtx } from "../domain/workspaces";
import { disconnect } from "../db";
import { env } from "../env";

/* `npm run owner-link`: a new one-time link, for an owner who lost the way in. */
const { token } = await createOwnerLink(await systemCtx());
process.stdout.write(`Sign in as the owner, once, within 24 hours: ${env().publicUrl}/login/${token}\n`);
await disconnect();
