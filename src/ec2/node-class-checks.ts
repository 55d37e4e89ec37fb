/**
 * The checks of an EC2NodeClass: what ValidationSucceeded says.
 *
 * Reads the class, what was found, its instance profile, and what the dry runs said so far. Returns the words of the condition, or
 * that the dry runs are still to be made. Pure; the order is Karpenter's: what the user wrote comes before what AWS lacks.
 */
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { dryRunKey, type DryRun, type DryRunOutcome } from "./node-class-dry-run.ts";
import type { Finding, NodeClassFindings } from "./node-class-findings.ts";
import { specFault } from "./node-class-fault.ts";
import type { ClassFault } from "./node-class-kubelet.ts";
import type { ConditionWords } from "./condition-words.ts";
import type { ProfileState } from "./instance-profiles.ts";
import { clusterTrouble, familyOf, userData } from "./user-data/user-data.ts";

export type InstanceProfileFinding = Finding<string>;

export interface CheckInput {
  readonly nodeClass: EC2NodeClass;
  readonly findings: NodeClassFindings;
  readonly profile: InstanceProfileFinding;
  /** What AMIsReady, InstanceProfileReady, SecurityGroupsReady and SubnetsReady say. */
  readonly dependencies: readonly ConditionWords[];
  /** The outcome of dry runs that were made lately, by their key. */
  readonly outcomeOf: (key: string) => DryRunOutcome | undefined;
}

export type CheckResult =
  | { readonly kind: "said"; readonly words: ConditionWords }
  /** Everything else holds; these are to be made. */
  | { readonly kind: "dry-run"; readonly key: string; readonly dryRun: DryRun };

const awaiting = "Awaiting AMI, Instance Profile, Security Group, and Subnet resolution";
const noTaints: readonly never[] = [];

/** Returns what the instance profile of a class counts as. */
export function profileFinding(state: ProfileState): InstanceProfileFinding {
  switch (state.kind) {
    case "ready":
      return { kind: "found", value: state.name };
    case "missing":
      return { kind: "failed", message: `instance profile "${state.plan.name}" is being made` };
    case "refused":
      return { kind: "nothing", reason: state.reason, message: state.message };
    case "failed":
      return state;
  }
}

/** Returns what the checks say. */
export function checkNodeClass(input: CheckInput): CheckResult {
  const { nodeClass, dependencies } = input;
  const fault = ownFault(nodeClass, input.findings);
  if (fault !== undefined) return said("False", fault);
  const open = { reason: "DependenciesNotReady", message: awaiting };
  if (dependencies.some(({ status }) => status === "False")) return said("False", open);
  if (dependencies.some(({ status }) => status === "Unknown")) return said("Unknown", open);
  return nodeClass.spec === undefined ? unanswered(nodeClass) : checkPermissions(input, nodeClass.spec);
}

function said(status: ConditionWords["status"], fault: ClassFault): CheckResult {
  return { kind: "said", words: { status, reason: fault.reason, message: fault.message } };
}

/** What the cluster lacks counts as the class's fault once EKS has told all that it knows. */
function ownFault(nodeClass: EC2NodeClass, { cluster, clusterUnanswered }: NodeClassFindings): ClassFault | undefined {
  const { spec } = nodeClass;
  const lacking = spec === undefined ? undefined : clusterTrouble(familyOf(spec), cluster);
  if (lacking === undefined) return specFault(nodeClass, cluster);
  return clusterUnanswered === undefined ? { reason: "ClusterCIDRResolutionFailed", message: lacking } : specFault(nodeClass);
}

/** Nobody answered just now: what was said of this very spec stands. */
function unanswered({ metadata, status }: EC2NodeClass): CheckResult {
  const before = status?.conditions?.find(({ type }) => type === "ValidationSucceeded");
  if (before === undefined || before.observedGeneration !== (metadata.generation ?? 0))
    return said("Unknown", { reason: "DependenciesNotReady", message: awaiting });
  return said(before.status, before);
}

function checkPermissions({ nodeClass, findings, profile, outcomeOf }: CheckInput, spec: EC2NodeClassSpec): CheckResult {
  const { subnets, securityGroups, images, cluster } = findings;
  const isFound = subnets.kind === "found" && securityGroups.kind === "found" && images.kind === "found" && profile.kind === "found";
  const isTold = findings.clusterUnanswered === undefined || clusterTrouble(familyOf(spec), cluster) === undefined;
  if (!isFound || !isTold) return unanswered(nodeClass);
  const text = userData({ spec, cluster, labels: {}, taints: noTaints, images: images.value });
  const dryRun: DryRun = {
    nodeClass,
    clusterName: cluster.name,
    images: images.value,
    subnets: subnets.value,
    securityGroupIDs: securityGroups.value.map(({ id }) => id),
    instanceProfile: profile.value,
    userData: text.ok ? text.value : "",
  };
  const key = dryRunKey(dryRun);
  const outcome = outcomeOf(key);
  switch (outcome?.kind) {
    case undefined:
      return { kind: "dry-run", key, dryRun };
    case "passed":
      return said("True", { reason: "ValidationSucceeded", message: "" });
    case "skipped":
      return said("True", { reason: "DryRunDisabled", message: "EC2 was not asked whether it would launch its nodes (--disable-dry-run)" });
    case "refused":
      return said("False", outcome);
    case "open":
      return said("Unknown", { reason: outcome.reason ?? "AwaitingReconciliation", message: outcome.message });
  }
}
