/**
 * `plimsoll audit`: what runs against the policies, counted by owner.
 *
 * Reads manifests, a cluster, or both. Prints the counts that the background scan of `serve` keeps, by the same functions.
 */
import type { KubeObject } from "../api/object.ts";
import { auditedNamespaces, auditedObjects, auditObject, type AuditedObject } from "../policies/audit.ts";
import { tallyOf, type AuditTally } from "../policies/audit-tally.ts";
import { exemptNamespaces } from "../webhook/registration.ts";
import { objectTitle } from "./check-outcome.ts";
import { fileWorld, namespacesOf } from "./file-world.ts";
import { type OfflineInput, type OfflineRequest, readOffline } from "./offline.ts";
import { textTable } from "./text-table.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { type ClusterOptions, laidOver, readCluster } from "./with-cluster.ts";

export interface AuditRequest extends OfflineRequest, ClusterOptions, Pick<ProgramSurroundings, "env"> {
  readonly output: "text" | "json";
}

/** Our own namespace as deploy/ installs it, and the cluster's own. */
const unjudgedNamespaces: ReadonlySet<string> = new Set([...exemptNamespaces, "plimsoll-system"]);

/** Runs the command; returns 0 when nothing would be refused, 1 when something would, 2 on bad input. */
export async function runAudit(request: AuditRequest): Promise<number> {
  const input = await readOffline({ ...request, mayBeEmpty: request.withCluster === true });
  if (input.policySet === undefined) return 2;
  const cluster = request.withCluster === true ? await readCluster(request) : undefined;
  if (cluster?.ok === false) {
    request.stderr.write(`${cluster.error}\n`);
    return 2;
  }
  for (const note of cluster?.value.notes ?? []) request.stderr.write(`note: ${note}\n`);
  const files = input.manifests.map(({ object }) => object);
  const audited = auditOf({ ...input, policySet: input.policySet, objects: laidOver(cluster?.value.objects ?? [], files) });
  const tally = tallyOf(audited);
  request.stdout.write(request.output === "json" ? `${JSON.stringify(auditAnswer(tally), undefined, 2)}\n` : auditText(tally, audited));
  if (input.problems.length > 0) return 2;
  return tally.counts.some(({ outcome }) => outcome === "deny" || outcome === "error") ? 1 : 0;
}

function auditOf({
  objects,
  policySet,
  names,
}: Pick<OfflineInput, "names"> & {
  readonly policySet: NonNullable<OfflineInput["policySet"]>;
  readonly objects: readonly KubeObject[];
}): readonly AuditedObject[] {
  const world = { policySet, context: fileWorld(objects, names), registeredAt: undefined };
  // A namespace of files counts as existing without its object.
  const namespaces = [...new Set([...auditedNamespaces(world.context.snapshot), ...namespacesOf(objects)])]
    .filter((name) => !unjudgedNamespaces.has(name))
    .sort();
  return namespaces.flatMap((namespace) => auditedObjects(world.context, namespace)).map((object) => auditObject(object, world));
}

function auditAnswer({ counts, objects, exempted }: AuditTally): object {
  return { counts, objects, exempted: Object.fromEntries(exempted) };
}

function auditText({ counts, objects }: AuditTally, audited: readonly AuditedObject[]): string {
  const rows = counts.map(({ owner, rule, outcome, objects: count }) => [
    owner === "" ? "-" : owner,
    rule,
    outcome,
    String(count),
    firstOf({ owner, rule, audited }),
  ]);
  const table = counts.length === 0 ? "" : textTable([["OWNER", "RULE", "ACTION", "OBJECTS", "SUCH AS"], ...rows]);
  const clean = audited.filter(({ findings, fault }) => findings.length === 0 && fault === undefined).length;
  return `${table}${objects} objects judged, ${clean} without a finding\n`;
}

function firstOf(of: { readonly owner: string; readonly rule: string; readonly audited: readonly AuditedObject[] }): string {
  const first = of.audited.find(({ owner, findings }) => owner === of.owner && findings.some(({ rule }) => rule === of.rule));
  return first === undefined ? "" : objectTitle(first);
}
