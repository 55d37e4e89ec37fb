/**
 * The order of test files: the longest first, so that the two workers end at about the same time.
 *
 * A clean clone knows no durations, and vitest then goes by the size of files. Reads the seconds of the slow files below, as a busy
 * machine with two cores took them; they need not be exact. A real suite that is not listed comes before what is not real.
 */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

export const secondsOf: Readonly<Record<string, number>> = {};

const unlistedRealSeconds = 30;

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const seconds = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId).replaceAll("\\", "/");
      return secondsOf[path] ?? (path.endsWith(".real.test.ts") ? unlistedRealSeconds : 0);
    };
    return sorted.sort((one, other) => seconds(other) - seconds(one));
  }
}
