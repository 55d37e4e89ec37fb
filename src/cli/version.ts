/**
 * The version: package.json's, read where the package is installed.
 */
import { readFileSync } from "node:fs";

/** Returns the package's version, such as "0.1.0". */
export function plimsollVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}
