/**
 * Manifest files: reads the files named on the command line, folders in name order, and - for standard input.
 *
 * What can't be read is a problem like any other: it is told, the rest is still judged, and the exit code says so.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { chunksOfFile } from "./large-list.ts";
import { documentCharactersMax, largeManifests, type Manifest, type ManifestProblem, type Manifests, parseManifests } from "./manifest.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** What the path - is called in messages. */
export const standardInput = "standard input";

/** The paths of the command line, and what is piped in for the path -. */
export interface ManifestSources extends Pick<ProgramSurroundings, "stdin"> {
  readonly paths: readonly string[];
}

/** Reads every path; a folder stands for its *.yaml, *.yml and *.json files, not for those of folders below. */
export async function readManifests({
  paths,
  stdin,
}: ManifestSources): Promise<Omit<Manifests, "skipped"> & { readonly notes: readonly ManifestProblem[] }> {
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  const notes: ManifestProblem[] = [];
  for (const path of new Set(paths)) notes.push(...folderNotes(path));
  const files = [...new Set(paths)].flatMap(expand);
  for (const path of files) {
    const parsed = path === "-" ? parseManifests(standardInput, await stdin()) : parsedFile(path);
    const file = path === "-" ? standardInput : path;
    if (parsed.manifests.length + parsed.problems.length + parsed.skipped.length === 0) notes.push({ file, message: "holds no object" });
    manifests.push(...parsed.manifests);
    problems.push(...parsed.problems);
    notes.push(...parsed.skipped);
  }
  return { manifests, problems, notes };
}

/** The files that a path stands for; a folder without any stays itself, and is told as a problem when it is read. */
function expand(path: string): readonly string[] {
  if (!isFolder(path)) return [path];
  const isChart = existsSync(join(path, chartFile));
  const files = readdirSync(path)
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !(isChart && chartNames.has(name)))
    .sort();
  if (isChart && files.length === 0) return [];
  return files.length === 0 ? [path] : files.map((name) => join(path, name));
}

const chartFile = "Chart.yaml";
/** What a chart's own folder holds beside its templates; none of it is a manifest. */
const chartNames: ReadonlySet<string> = new Set([chartFile, "values.yaml", "values.yml", "values.schema.json"]);

/** What of a folder was not read: a chart's own files, and the folders below that hold manifests or folders. */
function folderNotes(path: string): readonly ManifestProblem[] {
  if (!isFolder(path)) return [];
  const chart = { file: path, message: "is a Helm chart; judge what it renders: helm template NAME CHART | plimsoll check -" };
  if (existsSync(join(path, chartFile))) return [chart];
  const below = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
  return below.length === 0 ? [] : [{ file: path, message: `folders in it are not read: ${below.join(", ")}; name each to have it read` }];
}

function isFolder(path: string): boolean {
  return path !== "-" && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** A file of any size: one that is too large to be parsed whole is read as it comes. */
function parsedFile(path: string): Manifests {
  try {
    if (statSync(path).size > documentCharactersMax) return largeManifests(path, chunksOfFile(path));
    return parseManifests(path, readFileSync(path, "utf8"));
  } catch (cause) {
    return { manifests: [], problems: [{ file: path, message: unreadable(cause) }], skipped: [] };
  }
}

function unreadable(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  return code === "EISDIR" ? "holds no .yaml, .yml or .json file" : `can't be read (${code === "" ? String(cause) : code})`;
}
