/**
 * Review head: what is known of a review before its objects are read.
 *
 * Reads the first bytes of a body. The API server writes the uid first, then the operation and who asks, and the objects after them. So a
 * review that is too large to be taken in can still be answered: a call that only fails is let pass where admission fails open.
 */
export const headBytesMax = 64 * 1024;

/** What is smaller is turned away as ever: such reviews come by the hundred, and few of them by one tenant. */
export const largeReviewBytesMin = 512 * 1024;

const uidPattern = /^\{"kind":"AdmissionReview","apiVersion":"admission\.k8s\.io\/v1","request":\{"uid":"([0-9a-f-]{36})",/;

/** Returns the uid of a review that asks to write an object; undefined for a DELETE, and for what an API server does not write. */
export function uidOfWrite(bytes: Buffer): string | undefined {
  const head = bytes.toString("utf8", 0, headBytesMax);
  const uid = uidPattern.exec(head)?.[1];
  const objectAt = head.indexOf('"object":');
  const isWrite = /,"operation":"(?:CREATE|UPDATE)",/.test(objectAt < 0 ? head : head.slice(0, objectAt));
  return isWrite ? uid : undefined;
}
