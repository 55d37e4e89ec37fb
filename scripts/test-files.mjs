/** Which test files there are, by what they import: from the repository's root, sorted. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Returns the test files that import a module of test/, such as "support/long-run.ts". */
export function testsThatImport(module) {
  const folder = join(root, "test");
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".test.ts") && readFileSync(join(folder, path), "utf8").includes(`/${module}"`))
    .map((path) => relative(root, join(folder, path)).replaceAll("\\", "/"))
    .sort();
}
