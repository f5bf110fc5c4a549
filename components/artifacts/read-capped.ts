/**
 * The first `maxBytes` of a URL as text; what is longer is cut at a whole line and the rest is not fetched.
 * @throws Error in words when the server refuses, or when the bytes are not text.
 */
export async function readCapped(url: string, maxBytes: number): Promise<{ text: string; isCut: boolean }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(response.status === 404 ? "There is no such file any more." : `The server answered ${response.status}.`);
  const reader = response.body?.getReader();
  if (!reader) return { text: "", isCut: false };
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isCut = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    if (size > maxBytes) {
      isCut = true;
      await reader.cancel().catch(() => {});
      break;
    }
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const c of chunks) {
    bytes.set(c, at);
    at += c.byteLength;
  }
  const whole = isCut ? bytes.subarray(0, Math.max(bytes.lastIndexOf(10, maxBytes), 0) || maxBytes) : bytes;
  if (whole.subarray(0, 8192).includes(0)) throw new Error("It is not text.");
  return { text: new TextDecoder().decode(whole), isCut };
}
