/**
 * The protobuf wire format: messages as numbered values.
 *
 * Reads bytes. Returns the fields of one message in order, or undefined where the bytes are not one. It knows no type.
 */

/** One field: a number (wire type 0), or bytes (wire type 2); fixed widths as bytes too. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** Reads a message's fields. */
export function decodeMessage(bytes: Uint8Array): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const key = readVarint(bytes, cursor);
    const value = key === undefined ? undefined : readValue(bytes, cursor, Number(key & 7n));
    if (key === undefined || value === undefined) return undefined;
    fields.push({ number: Number(key >> 3n), value });
  }
  return fields;
}

interface Cursor {
  at: number;
}

function readValue(bytes: Uint8Array, cursor: Cursor, wireType: number): bigint | Uint8Array | undefined {
  switch (wireType) {
    case 0:
      return readVarint(bytes, cursor);
    case 1:
      return readBytes(bytes, cursor, 8);
    case 2: {
      const length = readVarint(bytes, cursor);
      return length === undefined ? undefined : readBytes(bytes, cursor, Number(length));
    }
    case 5:
      return readBytes(bytes, cursor, 4);
    default:
      return undefined;
  }
}

function readVarint(bytes: Uint8Array, cursor: Cursor): bigint | undefined {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[cursor.at];
    if (byte === undefined) return undefined;
    cursor.at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  return undefined;
}

function readBytes(bytes: Uint8Array, cursor: Cursor, length: number): Uint8Array | undefined {
  const end = cursor.at + length;
  if (length < 0 || end > bytes.length) return undefined;
  const slice = bytes.subarray(cursor.at, end);
  cursor.at = end;
  return slice;
}
