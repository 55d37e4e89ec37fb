import { defineConfig } from "vitest/config";

// One configuration; `npm run test:unit` and friends choose folders on the command line.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    fileParallelism: true,
    maxWorkers: 2,
  },
});
