/**
 * Objects of a YAML file of the repository, for tests.
 */
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";

/** Returns the text of a file, named from the repository's root. */
export function yamlText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** Returns the objects of a file, named from the repository's root. */
export function yamlObjects(path: string): readonly KubeObject[] {
  return objectsIn(yamlText(path));
}

/** Returns the objects of a text of YAML documents. */
export function objectsIn(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}
