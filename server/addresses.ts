import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/*
 * Which addresses project code and webhooks may reach: public ones. Not this machine, its network, the cloud's metadata, nor any notation that
 * carries an IPv4 address inside an IPv6 one, which could name each of those again.
 */

// Two lists: Node holds an IPv4 address against rules for IPv4-in-IPv6 as well, which would forbid them all.
const forbidden = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [net, bits] of [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.0.0.0", 24],
  ["192.88.99.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["224.0.0.0", 4], ["240.0.0.0", 4],
  // The host agent of one cloud has a public address that only its machines see.
  ["168.63.129.16", 32],
] as const) forbidden.ipv4.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::", 96], ["::ffff:0:0", 96], ["::ffff:0:0:0", 96], ["64:ff9b::", 96], ["64:ff9b:1::", 48], ["100::", 64], ["2001::", 32], ["2001:20::", 28], ["2002::", 16],
  ["fc00::", 7], ["fe80::", 10], ["fec0::", 10], ["ff00::", 8],
] as const) forbidden.ipv6.addSubnet(net, bits, "ipv6");

export function isForbiddenAddress(address: string): boolean {
  const plain = address.split("%")[0] ?? address;
  const family = isIP(plain);
  if (family === 0 || address !== plain) return true;
  const kind = family === 6 ? "ipv6" : "ipv4";
  if (forbidden[kind].check(plain, kind)) return true;
  // What listens on all of this machine's addresses is reached by its public ones as well.
  return Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === plain));
}

/**
 * The addresses of a host, all of them checked: the caller connects to one of these and asks nobody again, as the next answer may
 * differ.
 *
 * @throws Error with `code` EREFUSED when the host has any forbidden address, or none.
 */
export async function checkedAddresses(host: string, { mayBePrivate }: { mayBePrivate: boolean }): Promise<string[]> {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const found = isIP(bare) ? [bare] : (await lookup(bare, { all: true })).map((a) => a.address);
  if (!mayBePrivate) {
    const bad = found.find(isForbiddenAddress);
    if (bad !== undefined) throw Object.assign(new Error(`${host} is not a public address`), { code: "EREFUSED" });
  }
  // IPv4 first: a machine with half an IPv6 set-up would wait for its time-out.
  return found.sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)));
}
