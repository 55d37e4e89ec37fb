/**
 * Review outline: what is read of a posted review, by how much there is in it.
 *
 * Reads the bytes of a body. Nearly every body is read whole. Of one with more fields or values than an object may have, only who the
 * objects are and what holds them in deletion is read, with the words of the refusal: a DELETE, and whatever else lets an object go, needs
 * no more. So the API server hears a verdict, since a call that only fails is let pass where admission fails open.
 */
import type { UnreadObjects } from "../policies/admission-request.ts";
import { countText } from "../policies/count-words.ts";
import { scanReview, type ObjectPlaces, type PartSize, type Place, type ReviewScan } from "./review-scan.ts";

/**
 * Of one object. Reading a field takes up to a microsecond. A Deployment of a hundred kilobytes with its
 * managedFields has some 4,000 fields; what is large beyond that is long texts.
 */
export const objectFieldsMax = 30_000;
/** Of one object: members of lists count as well. */
export const objectValuesMax = 100_000;

/** Beside the objects: a user of an identity provider has groups and extra values by the hundred. */
const restFieldsMax = 4_000;
const restValuesMax = 20_000;

/** A field takes five bytes or more, a value two or more: a shorter body cannot have too many. */
const scannedBytesMin = Math.min(5 * objectFieldsMax, 2 * objectValuesMax);

export type ReviewText =
  | { readonly kind: "whole" | "outline"; readonly text: string; readonly unread?: UnreadObjects }
  /** More beside the objects than any API server sends. */
  | { readonly kind: "too-much"; readonly message: string };

/** Returns the text of a review that is to be parsed. */
export function reviewText(bytes: Buffer): ReviewText {
  const read = outlined(bytes);
  // What names a member twice, or is no object, is left in.
  if (read.kind !== "outline" || read.text.length < scannedBytesMin) return read;
  const left = scanReview(Buffer.from(read.text)).size;
  return isTooMuch(left) ? { kind: "too-much", message: `the body has ${sizeText(left)} where it is no object of an API server` } : read;
}

function outlined(bytes: Buffer): ReviewText {
  if (bytes.length < scannedBytesMin) return whole(bytes);
  const scan = scanReview(bytes);
  const { object, oldObject } = scan;
  const rest = without(scan.size, [object?.whole, oldObject?.whole]);
  if (rest.fields > restFieldsMax || rest.values > restValuesMax)
    return { kind: "too-much", message: `the body has ${rest.fields} fields and ${rest.values} values beside its objects` };
  const [isLarge, wasLarge] = [isTooMuch(object?.whole.size), isTooMuch(oldObject?.whole.size)];
  if (!isLarge && !wasLarge) return whole(bytes);
  // Whoever makes an object smaller is judged as if it was new; what is on its way out may be held by what it was.
  if (!isLarge && oldObject !== undefined && object !== undefined && !object.metadata.has("deletionTimestamp"))
    return { kind: "outline", text: textWithout(bytes, [["oldObject", oldObject.whole]]) };
  return {
    kind: "outline",
    text: textWithout(bytes, [...unreadOf(object), ...unreadOf(oldObject)]),
    unread: unreadObjects(bytes, scan, isLarge ? object : oldObject),
  };
}

function whole(bytes: Buffer): ReviewText {
  return { kind: "whole", text: bytes.toString("utf8") };
}

function isTooMuch(size: PartSize | undefined): boolean {
  return size !== undefined && (size.fields > objectFieldsMax || size.values > objectValuesMax);
}

function sizeText({ fields, values }: PartSize): string {
  const most = fields > objectFieldsMax ? objectFieldsMax : objectValuesMax;
  return `${fields > objectFieldsMax ? countText(fields, "field") : countText(values, "value")}, of at most ${most}`;
}

function without({ fields, values }: PartSize, parts: readonly (Place | undefined)[]): PartSize {
  const sum = (of: (size: PartSize) => number): number => parts.reduce((all, part) => all + (part === undefined ? 0 : of(part.size)), 0);
  return { fields: fields - sum((size) => size.fields), values: values - sum((size) => size.values) };
}

function unreadObjects(bytes: Buffer, { object, oldObject }: ReviewScan, large: ObjectPlaces | undefined): UnreadObjects {
  const isSame = (partOf: (places: ObjectPlaces) => Place | undefined): boolean => {
    if (object === undefined || oldObject === undefined) return false;
    const [is, was] = [partOf(object), partOf(oldObject)];
    // An API server writes equal values in equal bytes: the members of a map are sorted.
    if (is === undefined || was === undefined) return is === was;
    return bytes.subarray(is.start, is.end).equals(bytes.subarray(was.start, was.end));
  };
  const keepsSpec = isSame(({ members }) => members.get("spec")) && isSame(({ members }) => members.get("template"));
  return {
    message: `too much to read: ${large === undefined ? "" : `an object of ${sizeText(large.whole.size)}`}`,
    fix: "make the object smaller",
    keepsSpec,
    keepsMetadata: ["labels", "annotations", "ownerReferences"].every((name) => isSame(({ metadata }) => metadata.get(name))),
  };
}

/** What says who an object is, and what holds it. */
const readMembers: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);
const readMetadata: ReadonlySet<string> = new Set(["name", "generateName", "namespace", "uid", "deletionTimestamp", "finalizers"]);
/** A longer one is none of these; so many finalizers hold as well as one. */
const readBytesMax = 64 * 1024;

type NamedPlace = readonly [string, Place];

function unreadOf(places: ObjectPlaces | undefined): readonly NamedPlace[] {
  if (places === undefined) return [];
  const { members, metadata } = places;
  const isRead = (names: ReadonlySet<string>, [name, { start, end }]: NamedPlace): boolean =>
    names.has(name) && (name === "metadata" || end - start <= readBytesMax);
  return [
    ...[...members].filter((member) => !isRead(readMembers, member)),
    ...[...metadata].filter((member) => !isRead(readMetadata, member)),
  ];
}

/** The text without what stands at some places, none of which is within another. */
function textWithout(bytes: Buffer, places: readonly NamedPlace[]): string {
  let text = "";
  let at = 0;
  for (const [name, { start, end }] of [...places].sort(([, a], [, b]) => a.start - b.start)) {
    text += bytes.toString("utf8", at, start) + (name === "finalizers" ? '["many"]' : "null");
    at = end;
  }
  return text + bytes.toString("utf8", at);
}
