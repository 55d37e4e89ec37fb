/**
 * Resource versions: which of two states of one object came first.
 *
 * Reads two metadata.resourceVersion of one kind. Since Kubernetes 1.35 they are decimal numbers that grow by promise, and etcd's have
 * always been. Where one is anything else nothing is known, and neither came first.
 */

const decimal = /^[1-9][0-9]*$/;

/** Says whether the first version is older than the second; false where they cannot be compared. */
export function isOlderVersion(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined || !decimal.test(version) || !decimal.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
