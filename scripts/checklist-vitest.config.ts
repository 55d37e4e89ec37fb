/**
 * The vitest configuration of `npm run checklist -- --prove`: the ordinary one, with sources loaded through knock-out.ts.
 *
 * What to switch off comes as JSON in PLIMSOLL_KNOCK_OUT.
 */
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import type { KnockOut } from "./checklist-rows.ts";
import { withoutParts } from "./knock-out.ts";

const root = new URL("..", import.meta.url).pathname;
const knockOut = JSON.parse(process.env["PLIMSOLL_KNOCK_OUT"] ?? '{"rules":[],"steps":[]}') as KnockOut;

export default defineConfig({
  root,
  plugins: [
    {
      name: "knock-out",
      enforce: "pre",
      transform: (text, id) => {
        const path = relative(root, id.split("?")[0] ?? id).replaceAll("\\", "/");
        return path.startsWith("src/") ? withoutParts({ path, text }, knockOut) : undefined;
      },
    },
  ],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2 },
});
