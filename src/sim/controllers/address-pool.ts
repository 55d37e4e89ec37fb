/**
 * AddressPool: the IP addresses that the world's Nodes and Pods have, one each.
 *
 * Reads the first two octets of a range of 65,534 addresses. Returns addresses in the order of asking, so that a world with a virtual
 * clock gives the same ones every time; one that is free again is the last to be given again.
 */

/** The addresses of one range, by the uid of who has them. */
export interface AddressPool {
  /** Returns the holder's address, a new one where it has none; undefined where all are taken. */
  take(uid: string): string | undefined;
  /** Notes an address that the holder has from elsewhere, or from an earlier run of the controllers. */
  keep(uid: string, address: string): void;
  free(uid: string): void;
}

/** Hosts of a /16 without its network and its broadcast address. */
const addressesMax = 65_534;

/** Returns the pool of PREFIX.0.0/16; `prefix` is "10.1". */
export function createAddressPool(prefix: string): AddressPool {
  const state = { last: 0 };
  const byHolder = new Map<string, string>();
  const taken = new Set<string>();
  const free = (uid: string): void => {
    const address = byHolder.get(uid);
    if (address === undefined) return;
    byHolder.delete(uid);
    taken.delete(address);
  };
  const keep = (uid: string, address: string): void => {
    free(uid);
    byHolder.set(uid, address);
    taken.add(address);
  };
  return {
    keep,
    take: (uid) => {
      const held = byHolder.get(uid);
      if (held !== undefined) return held;
      for (let tried = 0; tried < addressesMax; tried++) {
        state.last = (state.last % addressesMax) + 1;
        const address = `${prefix}.${state.last >> 8}.${state.last & 255}`;
        if (taken.has(address)) continue;
        keep(uid, address);
        return address;
      }
      return undefined;
    },
    free,
  };
}
