/**
 * The founding policies with one more fail-closed class, for tests: `memory`, granted to namespaces named payments-*.
 *
 * A grant by a glob of names becomes a matchCondition, and unlike the founding fail-closed class its Pods are compiled.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { yamlText } from "./yaml-objects.ts";

/** Writes the file and returns its path. */
export async function closedPolicies(): Promise<string> {
  const policies = yamlText("policies.yaml");
  const closed = policies.replace("regulated: closed,", "regulated: closed, memory: closed,");
  const granted = closed.replace(/^grants:\n/m, "grants:\n  memory: { namespaces: [payments-*] }\n");
  if (closed === policies || granted === closed) throw new Error("policies.yaml has another shape than these tests edit");
  const path = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
  await writeFile(path, granted);
  return path;
}
