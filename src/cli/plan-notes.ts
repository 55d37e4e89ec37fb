/**
 * Plan notes: what a plan takes for granted, and what it leaves out, in words.
 *
 * Reads the world of a plan and the objects that it is about. Returns sentences, each naming its object: what is suspended is planned as if
 * it ran, since a plan counts the most that is needed at once, a CapacityBuffer that can't be resolved keeps no room, and of a NodeClass that
 * `plimsoll serve` could not launch the plan tells all the same what its nodes would be.
 */
import { awsLabelDomain } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { CronJob, Job } from "../api/workload.ts";
import { specFault } from "../ec2/node-class-fault.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { bufferDemand } from "../provisioner/buffer-demand.ts";
import { quotaRoom } from "../kube/quota-room.ts";

/** Returns the notes: first those about the planned objects in their order, then those about buffers and about NodeClasses. */
export function planNotes(world: ContractWorld, planned: readonly KubeObject[]): readonly string[] {
  const suspended = planned.filter(isSuspended).map((object) => `${titleOf(object)} is suspended: planned as if it ran`);
  const unresolved = bufferDemand(world, { room: quotaRoom(world.snapshot, 0), now: 0 }).flatMap(({ buffer, chunks }) =>
    chunks.ok ? [] : [`${titleOf(buffer)} keeps no room in this plan: ${chunks.error.message}`],
  );
  return [...suspended, ...unresolved, ...classNotes(world)];
}

/** The NodeClasses that NodePools name and the EC2 provider could launch no node of, as it says in their status. */
function classNotes({ snapshot }: Pick<ContractWorld, "snapshot">): readonly string[] {
  const named = snapshot.list("NodePool").flatMap(({ spec: { template } }) => {
    const { group, kind, name } = template.spec.nodeClassRef;
    return group === awsLabelDomain && kind === "EC2NodeClass" ? [name] : [];
  });
  return [...new Set(named)].sort().flatMap((name) => {
    const nodeClass = snapshot.get("EC2NodeClass", { namespace: "", name });
    const fault = nodeClass?.spec === undefined ? undefined : specFault(nodeClass);
    return fault === undefined ? [] : [`EC2NodeClass "${name}": plimsoll serve would launch no node of it: ${fault.message}`];
  });
}

/** Says whether an object is a Job or CronJob that makes no Pods until somebody resumes it. */
export function isSuspended(object: KubeObject): boolean {
  return isJobOrCronJob(object) && object.spec.suspend === true;
}

function isJobOrCronJob(object: KubeObject): object is Job | CronJob {
  return object.kind === "Job" || object.kind === "CronJob";
}

function titleOf({ kind, metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}
