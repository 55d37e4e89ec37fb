/**
 * Policy warnings: what is not wrong in a policies file, and still not as it was meant.
 *
 * Reads a policy set and the world that it is for. Returns sentences: NodePools that nobody has, custom rules without a case, exemptions that have ended, and those
 * that name nothing any more. Of a world without NodePools, or without any object, nothing of that kind can be said.
 */
import type { KubeObject } from "../api/object.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { hasExpired, isNamedBy, type Exemption } from "./exemption.ts";
import { judgedKinds } from "./judged-kinds.ts";
import { hasJudgedOwner } from "./judged-owner.ts";
import type { PolicySet } from "./policy-set.ts";
import { judgedObjects } from "./policy-change.ts";

/** Returns the warnings about a policy set in a world. */
export function policyWarnings(policySet: PolicySet, context: AdmissionContext): readonly string[] {
  return [
    ...poolWarnings(policySet, context),
    ...customWarnings(policySet),
    ...exemptionWarnings(policySet.exemptions, context),
    ...compensationWarnings(policySet.exemptions, context),
  ];
}

function poolWarnings({ classes }: PolicySet, { snapshot }: AdmissionContext): readonly string[] {
  const known = new Set(snapshot.list("NodePool").map(({ metadata }) => metadata.name));
  if (known.size === 0) return [];
  return [...classes.values()].flatMap(({ name, pools }) =>
    pools.filter((pool) => !known.has(pool)).map((pool) => `classes.${name}.pools: NodePool "${pool}" not found`),
  );
}

const podMakingKinds = judgedKinds.filter((kind) => isWorkloadKind(kind) && kind !== "Pod");

/**
 * An expression that never fails lets everything in, and says nothing: only a case shows that it refuses what it should. Pods that controllers
 * make are judged by their templates, so a rule about `object` of kind Pod never meets them.
 */
function customWarnings({ customRules, rules }: PolicySet): readonly string[] {
  const isRefusing = (id: string): boolean => rules.get(id)?.action === "deny" || rules.get(id)?.staged?.then === "deny";
  return customRules.flatMap(({ id, isTested, kinds, readsObject }) => {
    const missing = kinds.includes("Pod") && readsObject ? podMakingKinds.filter((kind) => !kinds.includes(kind)) : [];
    return [
      ...(!isTested && isRefusing(id) ? [`custom rule ${id} refuses and has no tests`] : []),
      ...(missing.length > 0
        ? [`custom rule ${id} reads object and names Pod, but not ${missing.join(", ")}: Pods of these are not judged; read pod instead`]
        : []),
    ];
  });
}

function exemptionWarnings(exemptions: readonly Exemption[], context: AdmissionContext): readonly string[] {
  const objects = exemptions.length === 0 ? [] : judgedObjects(context);
  return exemptions.flatMap((exemption) => {
    const { id, owner, expiresText } = exemption;
    const isStale = objects.length > 0 && !objects.some((object) => isNamed(exemption, object));
    return [
      ...(hasExpired(exemption, context.now) ? [`${id} expired on ${expiresText} (owner ${owner})`] : []),
      ...(isStale ? [`${id} matches no object (stale)`] : []),
    ];
  });
}

/** A promise about a NodePool that nobody has is none; how the others keep it is EX-002's. */
function compensationWarnings(exemptions: readonly Exemption[], { snapshot }: AdmissionContext): readonly string[] {
  const known = new Set(snapshot.list("NodePool").map(({ metadata }) => metadata.name));
  if (known.size === 0) return [];
  return exemptions.flatMap(({ id, compensate }) =>
    compensate.filter(({ pool }) => !known.has(pool)).map(({ pool }) => `${id} compensates with NodePool "${pool}", which is not found`),
  );
}

function isNamed(exemption: Exemption, object: KubeObject): boolean {
  const { kind, metadata } = object;
  const labels = { ...(hasJudgedOwner(object) ? undefined : workloadOf(object))?.template.metadata?.labels, ...metadata.labels };
  return isNamedBy(exemption, { kind, namespace: metadata.namespace ?? "", name: metadata.name ?? "", labels });
}
