/**
 * Remembered: a pure function of one immutable object that is not computed again for an object that comes again.
 *
 * Snapshots hand out the same object until the API server has another one, so what follows from a NodePool or an instance
 * type alone need not be derived again for every request. Nothing is ever stale, because an object is never changed.
 *
 * A review's own objects come in a burst, asked about by many rules in a row, and never again; those of a snapshot come in every
 * review. The collector of young objects takes each value of a weak map for living, and an answer mostly holds what it was
 * derived from, so a review's object that became a key would outlive its review by seconds, and copying it costs more than the
 * rules do. So an answer is kept for good, which is as long as its object lives, only once its object has come a second time
 * after the last few others; until then it is kept for a burst.
 */

/** Returns a function that derives an object's answer in its first and its second burst, and at no later call. */
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

/**
 * Returns a function that keeps its last `objectsMax` objects and answers. They are held until others come: where an object
 * holds a whole snapshot, keep few.
 */
export function rememberedInBursts<T extends object, R>(derive: (object: T) => R, objectsMax: number = burstMax): (object: T) => R {
  const kept: { readonly object: T; readonly value: R }[] = [];
  const next = { index: 0 };
  return (object) => {
    for (const one of kept) if (one.object === object) return one.value;
    const value = derive(object);
    kept[next.index] = { object, value };
    next.index = (next.index + 1) % objectsMax;
    return value;
  };
}

/**
 * Returns a function that keeps its last inputs and answers, and takes inputs that are alike for the same one: those whose parts that
 * are read are the same objects, say. Inputs are held until others come.
 */
export function rememberedAlike<T, R>(derive: (input: T) => R, isAlike: (a: T, b: T) => boolean): (input: T) => R {
  const kept: { readonly input: T; readonly value: R }[] = [];
  const next = { index: 0 };
  return (input) => {
    for (const one of kept) if (isAlike(one.input, input)) return one.value;
    const value = derive(input);
    kept[next.index] = { input, value };
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
  return rememberedByText((text: string) => text, derive, textLengthMax);
}

/** Longest text by which an input is known. */
const wordsLengthMax = 1_000;

/** Returns a function that gives inputs of the same words (by `textOf`) the same answer, which is derived of the first of them. */
export function rememberedByText<T, R>(
  textOf: (input: T) => string,
  derive: (input: T) => R,
  lengthMax: number = wordsLengthMax,
): (input: T) => R {
  const answers = new Map<string, { readonly value: R }>();
  return (input) => {
    const text = textOf(input);
    if (text.length > lengthMax) return derive(input);
    const known = answers.get(text);
    if (known !== undefined) return known.value;
    const value = derive(input);
    if (answers.size >= textsMax) answers.clear();
    answers.set(text, { value });
    return value;
  };
}

/** Returns a function that derives a value when it is first asked for, and never again. */
export function once<T>(derive: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: derive() }).value;
}
