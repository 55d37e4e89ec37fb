/**
 * Manifest files: reads the files named on the command line, folders in name order, and - for standard input.
 *
 * What can't be read is a problem like any other: it is told, the rest is still judged, and the exit code says so.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, type ManifestProblem, type Manifests, parseManifests } from "./manifest.ts";

/** Reads every path; a folder stands for its *.yaml, *.yml and *.json files, not for those of folders below. */
export function readManifests(paths: readonly string[]): Manifests {
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  for (const path of paths.flatMap(expand)) {
    const text = read(path);
    if (typeof text !== "string") {
      problems.push({ file: path, line: 1, message: text.message });
      continue;
    }
    const parsed = parseManifests(path === "-" ? "standard input" : path, text);
    manifests.push(...parsed.manifests);
    problems.push(...parsed.problems);
  }
  return { manifests, problems };
}

function expand(path: string): readonly string[] {
  if (path === "-" || !(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)) return [path];
  return readdirSync(path)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function read(path: string): string | { readonly message: string } {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    return { message: code === "ENOENT" ? "no such file" : `can't be read (${code === "" ? String(cause) : code})` };
  }
}
