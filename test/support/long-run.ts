// How many cases a test with random ones tries: few in CI, many in the long run (`npm run test:long` sets PLIMSOLL_LONG=1).
//
// The one place where tests read that setting.

/** True in the long run. */
export const isLongRun = process.env["PLIMSOLL_LONG"] === "1";

/** Returns the number of cases for this run. */
export function casesOf(counts: { readonly ci: number; readonly long: number }): number {
  return isLongRun ? counts.long : counts.ci;
}
