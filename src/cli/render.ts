/**
 * `plimsoll render`: what WorkloadProfiles compile to, exactly as the cluster would hold it.
 *
 * Reads policies and manifests. Prints, for each workload that a profile binds, one Pod as admission would leave it and the
 * PodDisruptionBudget, as YAML documents that can be applied; teams that want the result in git take it from here.
 */
import { stringify } from "yaml";
import type { Pod } from "../api/pod.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import type { Workload } from "../kube/workload.ts";
import { compiledPod } from "../policies/profile/pod-patch.ts";
import { workloadContract, type ContractWorld } from "../policies/profile/workload-contract.ts";
import { workloadsOf } from "../policies/workload-view.ts";
import { type OfflineRequest, readOffline } from "./offline.ts";

/** Runs the command; returns 0, or 2 on bad input. */
export async function runRender(request: OfflineRequest): Promise<number> {
  const input = await readOffline(request);
  if (input.policySet === undefined) return 2;
  const snapshot = snapshotOf(
    input.manifests.map(({ object }) => object),
    input.names.domain,
  );
  const instanceTypes = catalogInstanceTypes({ zones: zonesOfNodePools(snapshot.list("NodePool")) });
  const world: ContractWorld = { snapshot, policySet: input.policySet, names: input.names, instanceTypes };
  const namespaces = [...new Set(input.manifests.map(({ object }) => object.metadata.namespace ?? ""))].sort();
  const rendered = namespaces.flatMap((namespace) => workloadsOf(snapshot, namespace)).map((workload) => render(workload, world));
  for (const { note } of rendered) if (note !== undefined) request.stderr.write(`note: ${note}\n`);
  request.stdout.write(rendered.map(({ text }) => text).join(""));
  return input.problems.length > 0 ? 2 : 0;
}

interface Rendered {
  readonly text: string;
  readonly note?: string;
}

function render(workload: Workload, world: ContractWorld): Rendered {
  const where = `${workload.kind} ${workload.namespace}/${workload.name}`;
  const answer = workloadContract({ workload, ...world });
  if (answer.kind === "ambiguous") return { text: "", note: `${where}: several profiles bind it; nothing is compiled` };
  if (answer.kind === "unknown-class") return { text: "", note: `${where}: class "${answer.className}" is not in the catalogue` };
  const { contract } = answer;
  if (contract.profile === undefined)
    return { text: "", note: `${where}: no WorkloadProfile binds it, so nothing is compiled but our labels` };
  const heading = `# ${where}, by WorkloadProfile ${contract.profile.name} in class ${contract.className}, bundle ${contract.bundle}`;
  const pod = document(`${heading}: a Pod`, compiledPod({ pod: templatePod(workload), contract, names: world.names }));
  const budget = contract.budget.kind === "budget" ? document(`${heading}: its budget`, contract.budget.budget) : "";
  const { autoscaler } = contract;
  const scaled = autoscaler.kind === "autoscaler" ? document(`${heading}: its autoscaler`, autoscaler.autoscaler) : "";
  const skipped = contract.notYetCompiled.length === 0 ? {} : { note: `${where}: not compiled yet: ${contract.notYetCompiled.join(", ")}` };
  return { text: `${pod}${budget}${scaled}`, ...skipped };
}

function templatePod({ template, namespace, name }: Workload): Pod {
  const { labels, annotations } = template.metadata ?? {};
  const metadata = { name, namespace, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
}

function document(heading: string, object: object): string {
  return `---\n${heading}\n${stringify(object, { lineWidth: 140, aliasDuplicateObjects: false })}`;
}
