import { defineConfig } from "vitest/config";
import LongestFirst from "./test/support/longest-first.ts";

// One configuration; scripts choose folders on the command line. Two workers: the control plane of a real suite needs the rest.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is waited for comes within a second on an idle machine; one that is not idle fails nobody.
    expect: { poll: { timeout: 60_000, interval: 100 } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./test/support/closing-reporter.ts"],
  },
});
