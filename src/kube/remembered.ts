/**
 * Remembered: a pure function of one immutable object that is computed once for each object.
 *
 * Snapshots hand out the same object until the API server has another one, so what follows from a NodePool or an instance
 * type alone need not be derived again for every request. The answer lives as long as the object does; nothing is ever stale,
 * because an object is never changed.
 */

/** Returns a function that derives each object's answer at its first call and returns the same answer at later ones. */
export function remembered<T extends object, R>(derive: (object: T) => R): (object: T) => R {
  const answers = new WeakMap<T, { readonly value: R }>();
  return (object) => {
    const known = answers.get(object);
    if (known !== undefined) return known.value;
    const value = derive(object);
    answers.set(object, { value });
    return value;
  };
}

/** How many objects a function that is asked in bursts keeps. */
const burstMax = 8;

/**
 * Returns a function that keeps its last few answers, for objects that live no longer than a review: one Pod is asked about by
 * many rules in a row and never again, and a weak map of young keys costs the collector more than the answer is worth.
 */
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
