/**
 * What looks like a slip of the hand, and what is another value.
 */
import { expect, it } from "vitest";
import { meantWord } from "../../../src/provisioner/scheduling/meant-value.ts";

it.each([
  ["m99", undefined],
  ["m5", undefined],
  ["c8i", undefined],
  ["onn-demand", "on-demand"],
  ["ap-sotheast-1b", "ap-southeast-1b"],
  ["ap-southeast-3b", undefined],
  ["m7i.lrage", "m7i.large"],
])("%s", (word, meant) => {
  expect(meantWord([word], ["ap-southeast-1b", "c6i", "m1", "m7i", "m7i.large", "on-demand", "spot"])).toBe(meant);
});
