/**
 * Remembered: a pure function of one immutable object that is computed once for each object.
 *
 * Snapshots hand out the same object until the API server has another one, so what follows from a NodePool or an instance
 * type alone need not be derived again for every request. The answer lives as long as the object does; nothing is ever stale,
 * because an object is never changed.
 *
 * The collector of young objects takes every value of a weak map for living, and an answer mostly holds what it was derived
 * from: a review's object that is a key of one survives its review by seconds, and the copying costs more than the rules. So
 * only an object that is asked about in a second burst, as none of a review's own is, becomes a key.
 */

/** Returns a function that derives an object's answer once a burst, and after the second burst no more. */
export function remembered<T extends object, R>(derive: (object: T) => R): (object: T) => R {
  const answers = new WeakMap<T, { readonly value: R }>();
  const asked = new WeakSet<T>();
  const recent = rememberedInBursts((object: T) => {
    const value = derive(object);
    if (asked.has(object)) answers.set(object, { value });
    else asked.add(object);
    return value;
  });
  return (object) => {
    const known = answers.get(object);
    return known === undefined ? recent(object) : known.value;
  };
}

/** How many objects a function that is asked in bursts keeps. */
const burstMax = 8;

/** Returns a function that keeps its last few answers, for objects that live no longer than a review: one Pod is asked about by many rules in a row and never again. */
export function rememberedInBursts<T extends object, R>(derive: (object: T) => R): (object: T) => R {
  const kept: { readonly object: T; readonly value: R }[] = [];
  const next = { index: 0 };
  return (object) => {
    for (const one of kept) if (one.object === object) return one.value;
    const value = derive(object);
    kept[next.index] = { object, value };
    next.index = (next.index + 1) % burstMax;
    return value;
  };
}

/** How many texts one function remembers; then it forgets them all, which costs little where few differ. */
const textsMax = 4_096;
/** Longer texts are rare and not worth their memory. */
const textLengthMax = 64;

/**
 * Returns a function that derives each text's answer once and returns the same answer at later calls: manifests write the same
 * few words ("100m", "128Mi") over and over. Bounded, because the texts are anybody's.
 */
export function rememberedText<R>(derive: (text: string) => R): (text: string) => R {
  const answers = new Map<string, { readonly value: R }>();
  return (text) => {
    if (text.length > textLengthMax) return derive(text);
    const known = answers.get(text);
    if (known !== undefined) return known.value;
    const value = derive(text);
    if (answers.size >= textsMax) answers.clear();
    answers.set(text, { value });
    return value;
  };
}
