/**
 * Review scan: how much there is in a posted review, and where, before any of it is parsed.
 *
 * Reads the bytes of a large body once. Returns the fields and values of the object, of the old object and of the rest, and the places
 * of what tells one object from another. Parsing costs by the field, up to a microsecond for a name that no other object has, so a body
 * of megabytes may take a second: what is too much is known here at a nanosecond a byte. It is no check of JSON: what is none, fails to parse.
 */

/** Fields and values of a part of the body. */
export interface PartSize {
  readonly fields: number;
  /** Members of objects and lists. */
  readonly values: number;
}

/** A part of the body, from its first byte to behind its last. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly size: PartSize;
}

/** An object of the review: the whole of it, its members, and those of its metadata, by name. */
export interface ObjectPlaces {
  readonly whole: Place;
  readonly members: ReadonlyMap<string, Place>;
  readonly metadata: ReadonlyMap<string, Place>;
}

export interface ReviewScan {
  readonly object: ObjectPlaces | undefined;
  readonly oldObject: ObjectPlaces | undefined;
  /** The whole body. */
  readonly size: PartSize;
}

/** Down to the members of an object's metadata: review, request, object, metadata. */
const depthMax = 4;
/** A name on the way is shorter; any other is none that is looked for. */
const nameLengthMax = 32;

const [quote, backslash, colon, comma] = [0x22, 0x5c, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Scans a body. A review says each name once; of one that is said again the last counts, as in parsing. */
export function scanReview(bytes: Buffer): ReviewScan {
  const at = { fields: 0, values: 0, depth: 0, nameStart: 0, nameEnd: 0 };
  const outline = outlineOf(bytes, at);
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case quote:
        at.nameStart = index + 1;
        index = endOfText(bytes, index + 1);
        at.nameEnd = index;
        break;
      case colon:
        at.fields += 1;
        if (at.depth <= depthMax) outline.begin(index + 1);
        break;
      case comma:
        if (at.depth <= depthMax) outline.end(index);
        at.values += 1;
        break;
      case openBrace:
      case openBracket:
        at.values += 1;
        if (at.depth < depthMax) outline.open(bytes[index] === openBrace);
        at.depth += 1;
        break;
      case closeBrace:
      case closeBracket:
        if (at.depth <= depthMax) outline.end(index);
        at.depth -= 1;
        break;
    }
  }
  return { ...outline.objects(), size: { fields: at.fields, values: at.values } };
}

function endOfText(bytes: Buffer, from: number): number {
  for (let index = from; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) return index;
    if (byte === backslash) index += 1;
  }
  return bytes.length;
}

interface Member extends PartSize {
  readonly name: string;
  readonly start: number;
}

/** Follows the way review, request, object, metadata, and notes what is on it. */
interface Outline {
  open(isMap: boolean): void;
  begin(start: number): void;
  end(end: number): void;
  objects(): Pick<ReviewScan, "object" | "oldObject">;
}

interface Cursor extends PartSize {
  readonly depth: number;
  readonly nameStart: number;
  readonly nameEnd: number;
}

function outlineOf(bytes: Buffer, at: Cursor): Outline {
  /** Whether the container at a depth is on the way, and the member of it that is being read. */
  const isOnWay: boolean[] = [];
  const members: (Member | undefined)[] = [];
  let found = foundOf();
  const objects: { object?: ObjectPlaces; oldObject?: ObjectPlaces } = {};
  const nameAt = (depth: number): string => members[depth]?.name ?? "";
  return {
    open: (isMap) => {
      const isNext = at.depth === 0 || (isOnWay[at.depth] === true && leadsOn(at.depth, nameAt(at.depth)));
      isOnWay[at.depth + 1] = isMap && isNext;
      members[at.depth + 1] = undefined;
      if (at.depth === 2) found = foundOf();
    },
    begin: (start) => {
      if (isOnWay[at.depth] !== true) return;
      const isLong = at.nameEnd - at.nameStart > nameLengthMax;
      const name = isLong ? "" : bytes.toString("latin1", at.nameStart, at.nameEnd);
      members[at.depth] = { name, start, fields: at.fields, values: at.values };
    },
    end: (end) => {
      const member = members[at.depth];
      if (isOnWay[at.depth] !== true || member === undefined) return;
      const size = { fields: at.fields - member.fields, values: at.values - member.values };
      const place = { start: member.start, end, size };
      members[at.depth] = undefined;
      if (at.depth === 4) found.metadata.set(member.name, place);
      if (at.depth === 3) found.members.set(member.name, place);
      if (at.depth === 2 && (member.name === "object" || member.name === "oldObject")) objects[member.name] = { whole: place, ...found };
    },
    objects: () => ({ object: objects.object, oldObject: objects.oldObject }),
  };
}

function foundOf(): { readonly members: Map<string, Place>; readonly metadata: Map<string, Place> } {
  return { members: new Map(), metadata: new Map() };
}

/** Whether a member at a depth is the next step of the way. */
function leadsOn(depth: number, name: string): boolean {
  if (depth === 1) return name === "request";
  if (depth === 2) return name === "object" || name === "oldObject";
  return depth === 3 && name === "metadata";
}
