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
