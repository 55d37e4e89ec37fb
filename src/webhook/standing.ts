/**
 * Standings: how much of this process each address, and each connection of it, has used of late.
 *
 * Reads what is charged to a caller, in milliseconds. Returns callers, and which of two comes first: who used less. Nobody is asked who
 * they are (many API servers show no certificate), and the API server comes from few addresses, where an attacker may sit beside it: so
 * there is no share by address, but turns; and turns by connection within an address. Who asks rarely goes before a flood.
 *
 * What was used counts half after each half-life. All accounts decay alike, so they are kept as if nothing decayed and what comes later
 * counts more; two of them are compared as they stand. A new connection answers for those of its address that are gone: a flood of
 * connections with one request each is one flood.
 */

/** One connection. */
export interface Caller {
  readonly address: Address;
  readonly own: Account;
}

interface Account {
  used: number;
}

interface Address extends Account {
  readonly name: string;
  readonly callers: Set<Caller>;
  /** What connections used that are gone. */
  readonly gone: Account;
}

export interface Standings {
  /** Takes a connection in; one that was taken in must be let go. */
  connect(address: string): Caller;
  letGo(caller: Caller): void;
  /** Charges what was used for a caller. */
  charge(caller: Caller, usedMs: number): void;
  /** Returns how callers rank at this moment: who has the lower number comes first whatever it asks; equal ones stand alike. */
  ranks(): (caller: Caller) => number;
  /** Negative where the first caller used less at all. */
  compare(a: Caller, b: Caller): number;
  /** Is true where a caller's address used no less than others on average, and the caller no less than others of its address. */
  isHeavy(caller: Caller): boolean;
}

const halfLifeMs = 10_000;
/** Who used less than this has used nothing. */
const usedFromMs = { address: 50, connection: 5 } as const;
/** Shares of the average, each twice the one before: who used less than a quarter comes before who used less than half, and so on. */
const levels = [1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64] as const;
/** Addresses without connections whose use is remembered. */
const addressesMax = 2_000;
/** Numbers are brought back to size before they grow out of it. */
const exponentMax = 200;

/** Opens the books; `now` in milliseconds. */
export function standings(now: () => number = () => performance.now()): Standings {
  const book = { addresses: new Map<string, Address>(), total: { used: 0 }, connected: 0, epochMs: now() };
  const factor = (): number => {
    const exponent = (now() - book.epochMs) / halfLifeMs;
    if (exponent < exponentMax) return 2 ** exponent;
    rebase(book, 2 ** exponent, now());
    return 1;
  };
  return {
    connect: (name) => {
      const address = book.addresses.get(name) ?? addressOf(book, name);
      const caller: Caller = { address, own: { used: address.gone.used } };
      if (address.callers.size === 0) book.connected += 1;
      address.callers.add(caller);
      return caller;
    },
    letGo: (caller) => {
      const { address, own } = caller;
      if (!address.callers.delete(caller)) return;
      if (address.callers.size === 0) book.connected -= 1;
      // What it answered for when it came is in there already.
      address.gone.used = Math.max(address.gone.used, own.used);
    },
    charge: (caller, usedMs) => {
      const { address, own } = caller;
      const used = usedMs * factor();
      own.used += used;
      address.used += used;
      book.total.used += used;
      if (!address.callers.has(caller)) address.gone.used = Math.max(address.gone.used, own.used);
    },
    ranks: () => {
      const by = factor();
      const average = book.total.used / Math.max(1, book.connected);
      return ({ address, own }) =>
        levelOf(address.used, { average, least: usedFromMs.address * by }) * (levels.length + 2) +
        levelOf(own.used, { average: address.used / Math.max(1, address.callers.size), least: usedFromMs.connection * by });
    },
    compare: (a, b) => (a.address === b.address ? a.own.used - b.own.used : a.address.used - b.address.used),
    isHeavy: ({ address, own }) => address.used * book.connected >= book.total.used && own.used * address.callers.size >= address.used,
  };
}

interface Book {
  readonly addresses: Map<string, Address>;
  readonly total: Account;
  connected: number;
  epochMs: number;
}

function levelOf(used: number, { average, least }: { readonly average: number; readonly least: number }): number {
  if (used < least) return 0;
  const level = levels.findIndex((share) => used < share * average);
  return 1 + (level < 0 ? levels.length : level);
}

/** The oldest that nobody is connected from is forgotten, so that strangers can't fill the book. */
function addressOf({ addresses }: Book, name: string): Address {
  if (addresses.size >= addressesMax) {
    for (const [known, { callers }] of addresses) {
      if (callers.size > 0) continue;
      addresses.delete(known);
      break;
    }
  }
  const address: Address = { name, used: 0, callers: new Set(), gone: { used: 0 } };
  addresses.set(name, address);
  return address;
}

function rebase(book: Book, by: number, nowMs: number): void {
  book.epochMs = nowMs;
  book.total.used /= by;
  for (const address of book.addresses.values()) {
    for (const account of [address, address.gone, ...[...address.callers].map(({ own }) => own)]) account.used /= by;
  }
}
