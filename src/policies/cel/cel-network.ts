/**
 * Addresses in CEL: Kubernetes' IP and CIDR libraries, as far as rules about workloads need them.
 *
 * Registers types and functions in an environment: ip, isIP, cidr, isCIDR, containsIP, containsCIDR, family, prefixLength.
 */
import type { Environment } from "@marcbachmann/cel-js";

/** Classes, because the evaluator tells its types apart by their constructors. */
class IpAddress {
  readonly bits: bigint;
  readonly family: 4 | 6;
  constructor(bits: bigint, family: 4 | 6) {
    this.bits = bits;
    this.family = family;
  }
}

class Cidr {
  readonly address: IpAddress;
  readonly prefix: number;
  constructor(address: IpAddress, prefix: number) {
    this.address = address;
    this.prefix = prefix;
  }
}

/** Adds addresses to an environment. */
export function registerNetwork(environment: Environment): void {
  environment.registerType("IP", IpAddress);
  environment.registerType("CIDR", Cidr);
  environment
    .registerFunction("isIP(string): bool", (text: string) => parseIp(text) !== undefined)
    .registerFunction("ip(string): IP", (text: string) => parseIp(text) ?? fail(`"${text}" is no IP address`))
    .registerFunction("IP.family(): int", ({ family }: IpAddress) => BigInt(family))
    .registerFunction("isCIDR(string): bool", (text: string) => parseCidr(text) !== undefined)
    .registerFunction("cidr(string): CIDR", (text: string) => cidrOf(text))
    .registerFunction("CIDR.prefixLength(): int", ({ prefix }: Cidr) => BigInt(prefix))
    .registerFunction("CIDR.containsIP(string): bool", (net: Cidr, text: string) =>
      containsIp(net, parseIp(text) ?? fail(`"${text}" is no IP address`)),
    )
    .registerFunction("CIDR.containsIP(IP): bool", (net: Cidr, address: IpAddress) => containsIp(net, address))
    .registerFunction("CIDR.containsCIDR(string): bool", (net: Cidr, text: string) => containsCidr(net, cidrOf(text)))
    .registerFunction("CIDR.containsCIDR(CIDR): bool", (net: Cidr, other: Cidr) => containsCidr(net, other));
}

function fail(message: string): never {
  throw new Error(message);
}

function cidrOf(text: string): Cidr {
  return parseCidr(text) ?? fail(`"${text}" is no CIDR`);
}

function containsIp({ address, prefix }: Cidr, other: IpAddress): boolean {
  const host = BigInt((address.family === 4 ? 32 : 128) - prefix);
  return address.family === other.family && address.bits >> host === other.bits >> host;
}

function containsCidr(net: Cidr, other: Cidr): boolean {
  return other.prefix >= net.prefix && containsIp(net, other.address);
}

function parseCidr(text: string): Cidr | undefined {
  const [, host = "", length = ""] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseIp(host);
  if (address === undefined || Number(length) > (address.family === 4 ? 32 : 128)) return undefined;
  return new Cidr(address, Number(length));
}

function parseIp(text: string): IpAddress | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return new IpAddress(
    parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n),
    4,
  );
}

function parseIpv6(text: string): IpAddress | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const [left, right] = [groupsOf(head), tail === undefined ? [] : groupsOf(tail)];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...right];
  return new IpAddress(
    groups.reduce((bits, group) => (bits << 16n) | group, 0n),
    6,
  );
}

function groupsOf(text: string): readonly bigint[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups.map((group) => BigInt(`0x${group}`)) : undefined;
}
