/**
 * The policy source: the text of policies.yaml, or of every policies file of a folder.
 *
 * Reads a path. Returns the files in the order of their names, as they are put together, and how to read the files that stand beside
 * them. A mounted ConfigMap is a folder whose names beginning with two dots are its own business.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import type { ReadFixture } from "../policies/custom-test.ts";
import type { PolicyFilesSource, PolicyText } from "../policies/parse-policy-set.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";

/** A folder with more files than this is not one of policies. */
const filesMax = 100;

/** What the set in force was read from: plain data, from which another thread makes the same set. */
export interface PoliciesInForce extends Pick<PolicyFilesSource, "name" | "files" | "ownNamespace"> {
  readonly readAt: Instant;
}

export type ReadPolicies = Pick<PolicyFilesSource, "name" | "files" | "readFixture">;

/** Reads policies; the error is a sentence that completes "<path>: …". */
export function readPolicySource(path: string): Result<ReadPolicies, string> {
  const folder = isFolder(path);
  const paths = folder ? policyFiles(path) : [path];
  if (paths.length > filesMax) return err(`holds more than ${filesMax} policies files`);
  const files: PolicyText[] = [];
  for (const fileName of paths) {
    const text = readText(fileName);
    if (!text.ok) return err(folder ? `${fileName}: ${text.error}` : text.error);
    files.push({ fileName, text: text.value });
  }
  const [first, ...others] = files;
  if (first === undefined) return err("holds no .yaml or .yml file");
  return ok({ name: path, files: [first, ...others], readFixture: fixturesOf(folder ? path : dirname(path)) });
}

/** A case may name files below the policies, not anywhere on this machine. */
function fixturesOf(folder: string): ReadFixture {
  return (path) => {
    const below = normalize(path);
    if (isAbsolute(below) || below.startsWith("..")) return err("must stand below the policies file");
    return readText(join(folder, below));
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function policyFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith("."))
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => !isFolder(path));
}

function readText(path: string): Result<string, string> {
  try {
    return ok(readFileSync(path, "utf8"));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return err(code === "ENOENT" || code === "ENOTDIR" ? "no such policies file" : `the policies file can't be read (${code})`);
  }
}
