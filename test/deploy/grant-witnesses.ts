/**
 * Which test uses which right of the roles in deploy/: the proof that nothing is granted in vain.
 *
 * Test files run apart, so each suite that is named here proves its own part from its own API server's audit log. Together they are all
 * rights: one that is in no list is the life suite's, and a right that no test can use is named with its reason.
 */
import type { ControlPlane } from "../support/control-plane.ts";
import { deployedGrants } from "./role-grants.ts";

/** A workload's whole life, with its nodes. */
export const lifeSuite = "test/scenarios/deploy.real.test.ts";

/** Rights that the life suite does not use, by the suite that does. */
export const otherWitnesses: Readonly<Record<string, readonly string[]>> = {
  "test/scenarios/ec2-life.real.test.ts": ["patch ec2nodeclasses.karpenter.k8s.aws", "patch ec2nodeclasses/status.karpenter.k8s.aws"],
  "test/scenarios/node-end.real.test.ts": ["delete pods"],
  "test/scenarios/compile.real.test.ts": ["patch daemonsets.apps", "patch rollouts.argoproj.io", "patch statefulsets.apps"],
  "test/provisioner/surplus.real.test.ts": ["create pods (plimsoll-pod-dry-run)"],
  "test/scenarios/owners.real.test.ts": ["create subjectaccessreviews.authorization.k8s.io"],
  "test/deploy/rare-grants.real.test.ts": [
    "create clusterreports.openreports.io",
    "create reports.openreports.io",
    "delete clusterreports.openreports.io",
    "delete mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "delete nodeclaims.karpenter.sh",
    "delete reports.openreports.io",
    "delete validatingwebhookconfigurations.admissionregistration.k8s.io",
    "get nodeclaims.karpenter.sh",
    "list clusterreports.openreports.io",
    "list reports.openreports.io",
    "patch capacitybuffers/status.autoscaling.x-k8s.io",
    "patch clusterreports.openreports.io",
    "patch events",
    "patch reports.openreports.io",
    "update configmaps plimsoll-policies-in-force (own namespace)",
    "watch nodeclasses.eks.amazonaws.com",
    "watch rollouts.argoproj.io",
    "watch scaledjobs.keda.sh",
    "watch scaledobjects.keda.sh",
    "watch verticalpodautoscalers.autoscaling.k8s.io",
  ],
};

/** Rights that no test uses, each with what it is for; a suite that uses one all the same fails. */
export const unused: Readonly<Record<string, string>> = {};

/** Returns the rights that a suite has to use. */
export function grantsOf(suite: string): readonly string[] {
  const named = new Set([...Object.values(otherWitnesses).flat(), ...Object.keys(unused)]);
  const rest = deployedGrants().flatMap(({ name }) => (named.has(name) ? [] : [name]));
  return suite === lifeSuite ? [...new Set(rest)] : (otherWitnesses[suite] ?? []);
}

/** Returns what is wrong with a suite's part of the proof, once it has done all that it does; empty where it is whole. */
export async function grantTroubles(controlPlane: Pick<ControlPlane, "auditEvents">, suite: string): Promise<readonly string[]> {
  const used = await usedGrants(controlPlane);
  return [
    ...grantsOf(suite).flatMap((name) => (used.has(name) ? [] : [`granted, and not used: ${name}`])),
    ...Object.keys(unused).flatMap((name) => (used.has(name) ? [`used, and listed as unused: ${name}`] : [])),
  ].sort();
}

/** Returns the rights of deploy/ that were used on an API server so far. */
export async function usedGrants({ auditEvents }: Pick<ControlPlane, "auditEvents">): Promise<ReadonlySet<string>> {
  const events = await auditEvents();
  return new Set(deployedGrants().flatMap(({ name, isUsedBy }) => (events.some(isUsedBy) ? [name] : [])));
}
