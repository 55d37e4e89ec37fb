/**
 * Hashes of Go structures, as mitchellh/hashstructure v2 makes them with the options that Karpenter sets: slices are sets, zero
 * values of fields are left out.
 *
 * Reads a value told as Go sees it: the order of a struct's fields and the width of a number count. Returns 64 bits as decimal
 * text. Pure. It exists because a hash that differs by one bit from the one Karpenter wrote would replace every node.
 */
import { assertNever } from "../api/assert.ts";

/** A Go value. A list is a set; a struct's fields stand in the order of its declaration, absent ones are Go's zero values. */
export type GoValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "flag"; readonly flag: boolean }
  | { readonly kind: "whole"; readonly whole: number; readonly bits: 32 | 64 }
  | { readonly kind: "map"; readonly entries: Readonly<Record<string, string>> }
  | { readonly kind: "list"; readonly items: readonly GoValue[] }
  | { readonly kind: "struct"; readonly name: string; readonly fields: readonly (readonly [name: string, value: GoValue | undefined])[] };

const mask = (1n << 64n) - 1n;
const offsetBasis = 14695981039346656037n;
const prime = 1099511628211n;
const utf8 = new TextEncoder();

/** Returns the hash of a value. */
export function structureHash(value: GoValue): string {
  return visit(value).toString();
}

/** Returns the hash of bare text: what names of instance profiles end in. */
export function textHash(text: string): string {
  return fnv(utf8.encode(text)).toString();
}

function visit(value: GoValue): bigint {
  switch (value.kind) {
    case "text":
      return fnv(utf8.encode(value.text));
    case "flag":
      return fnv(Uint8Array.of(value.flag ? 1 : 0));
    case "whole":
      return fnv(littleEndian(BigInt.asUintN(value.bits, BigInt(value.whole)), value.bits / 8));
    case "list":
      return value.items.reduce((hash, item) => hash ^ visit(item), 0n);
    case "map":
      return finished(
        Object.entries(value.entries).reduce((hash, [key, text]) => hash ^ ordered(fnv(utf8.encode(key)), fnv(utf8.encode(text))), 0n),
      );
    case "struct":
      // The library hardens the hash after each field, not once at the end; so fields are ordered after all.
      return value.fields.reduce(
        (hash, [name, field]) => (field === undefined ? hash : finished(hash ^ ordered(fnv(utf8.encode(name)), visit(field)))),
        fnv(utf8.encode(value.name)),
      );
    default:
      return assertNever(value);
  }
}

function ordered(first: bigint, second: bigint): bigint {
  return fnv(Uint8Array.of(...littleEndian(first, 8), ...littleEndian(second, 8)));
}

function finished(hash: bigint): bigint {
  return fnv(littleEndian(hash, 8));
}

/** FNV-1 of 64 bits (not 1a). */
function fnv(bytes: Uint8Array): bigint {
  let hash = offsetBasis;
  for (const byte of bytes) hash = ((hash * prime) & mask) ^ BigInt(byte);
  return hash;
}

function littleEndian(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}
