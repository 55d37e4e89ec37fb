/** Resource versions: numbers of any length are compared, and nothing else. */
import { expect, it } from "vitest";
import { isOlderVersion } from "../../src/kube/resource-version.ts";

const rows: readonly [string | undefined, string | undefined, boolean][] = [
  ["9", "10", true],
  ["10", "9", false],
  ["10", "10", false],
  ["18446744073709551614", "18446744073709551615", true],
  ["9", "a", false],
  ["", "9", false],
  [undefined, "9", false],
  ["9", undefined, false],
];
it.each(rows)("%s is older than %s: %s", (version, than, expected) => {
  expect(isOlderVersion(version, than)).toBe(expected);
});
