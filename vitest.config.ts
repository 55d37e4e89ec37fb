import { defineConfig } from "vitest/config";

// One configuration; scripts choose folders on the command line. Two workers: the control plane of a real suite needs the rest.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ["default", "./test/support/closing-reporter.ts"],
  },
});
