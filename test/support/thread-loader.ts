/**
 * How Node loads this repository's TypeScript in a worker thread, for tests: tsx's own hooks reach the main thread alone.
 *
 * Returns words for the thread's execArgv. A thread whose environment names a file in PLIMSOLL_DEATH throws as soon as that file is
 * there, and takes it away.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** The module for import; require finds the one for itself, which looks for its hooks in the wrong folder when it is imported. */
const hooks = pathToFileURL(
  createRequire(import.meta.url)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs"),
).href;

const preload = `
import { existsSync, rmSync } from "node:fs";
import { register } from ${JSON.stringify(hooks)};
register();
const death = process.env.PLIMSOLL_DEATH;
if (death !== undefined)
  setInterval(() => {
    if (!existsSync(death)) return;
    rmSync(death);
    throw new Error("told to die");
  }, 10).unref();
`;

/** Returns the command line words of a thread that runs TypeScript. */
export function threadLoader(): readonly string[] {
  return ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
}
