/** The address of a file's bytes in the HTTP API. */
export const fileHref = (projectId: string, path: string) => `/api/2.0/flowbook/projects/${encodeURIComponent(projectId)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;

/** Stores a file's bytes as they are. @throws Error with the server's words. */
export async function putFile(projectId: string, path: string, bytes: Blob): Promise<void> {
  await ask(fileHref(projectId, path), { method: "PUT", body: bytes, headers: { "Content-Type": "application/octet-stream" } });
}

/** A project from a zip. @throws Error with the server's words; nothing is made then. */
export async function createFromZip(name: string, zip: Blob): Promise<{ id: string; name: string }> {
  const answer = await ask(`/api/2.0/flowbook/projects?name=${encodeURIComponent(name)}`, { method: "POST", body: zip, headers: { "Content-Type": "application/zip" } });
  const { project } = (await answer.json()) as { project: { id: string; name: string } };
  return project;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => null)) as { message?: string } | null;
  throw new Error(said?.message ?? `The server answered ${answer.status}.`);
}
