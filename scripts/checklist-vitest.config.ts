/**
 * The vitest configuration of `npm run checklist -- --prove`: the tests that name a row, with sources loaded through knock-out.ts.
 *
 * The folder of the files to run, and the parts that may be off, come as JSON in PLIMSOLL_CHECKLIST.
 */
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import type { Part } from "./checklist-rows.ts";
import { withSwitches } from "./knock-out.ts";

const root = new URL("..", import.meta.url).pathname;
const { folder, parts } = JSON.parse(process.env["PLIMSOLL_CHECKLIST"] ?? '{"folder":"none","parts":[]}') as {
  readonly folder: string;
  readonly parts: readonly Part[];
};

export default defineConfig({
  root,
  plugins: [
    {
      name: "knock-out",
      enforce: "pre",
      transform: (text, id) => {
        const path = relative(root, id.split("?")[0] ?? id).replaceAll("\\", "/");
        return path.startsWith("src/") ? withSwitches({ path, text }, parts) : undefined;
      },
    },
  ],
  test: {
    dir: folder,
    include: ["*.proof.ts"],
    testNamePattern: /S\d{3}/,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
