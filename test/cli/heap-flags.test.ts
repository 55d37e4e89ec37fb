/**
 * The V8 flag that keeps the objects of reviews young is one that this Node.js knows, and one that changes something.
 */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { youngReviewsFlag } from "../../src/cli/heap-flags.ts";

it("V8 knows the flag, and would do otherwise without it", () => {
  const name = youngReviewsFlag.replace(/^--no-/, "--");
  const listed = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(
    listed
      .slice(listed.indexOf(`\n  ${name} `))
      .split("\n", 3)
      .join(" "),
  ).toMatch(/default: (--a|true)/);
});
