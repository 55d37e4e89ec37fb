/**
 * The files that a plan is made of besides manifests: a snapshot of a cluster, and a catalog of instance types.
 *
 * Reads them. Returns objects as the API server would hand them over, or the facts of types; what is wrong is told with
 * where it stands.
 */
import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import { parseInstanceTable } from "../catalog/instance-table.ts";
import { readOffline, type OfflineInput, type OfflineRequest } from "./offline.ts";

/** Reads a snapshot: what `kubectl get ... -o json` or `-o yaml` printed. */
export async function readSnapshotFile(request: OfflineRequest, path: string): Promise<OfflineInput> {
  const input = await readOffline({ ...request, paths: [path], mayBeEmpty: true });
  if (input.manifests.length === 0 && input.problems.length === 0)
    request.stderr.write(`note: ${path}: holds no object, so the cluster is empty\n`);
  return input;
}

/** Reads a table of instance types as `plimsoll catalog refresh` writes it; the error is a complete sentence. */
export function readCatalogFile(path: string): Result<readonly Ec2InstanceFacts[], string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    return err(
      `${path}: can't be read (${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}); name a table that \`plimsoll catalog refresh --out FILE\` wrote`,
    );
  }
  const table = parseInstanceTable(text);
  return table.ok ? ok(table.value.facts) : err(`${path}: ${table.error}; \`plimsoll catalog refresh --out FILE\` writes such a table`);
}
