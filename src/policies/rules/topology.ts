/**
 * TOPO-001 to TOPO-004: replicas and the zones that they may be in.
 *
 * Reads profiles and workloads, the class's wish for spread and the zones that the NodePools offer. Replicas in one zone are one
 * outage away from none; a spread over more zones than there are leaves its Pods pending.
 */
import { zoneLabel } from "../../api/labels.ts";
import type { PodSpec } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { ownAntiAffinity, ownSpread } from "../../kube/pods-apart.ts";
import { values } from "../../kube/requirement.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { takingZones } from "../taking-pools.ts";
import { runsToAnEnd } from "../spot-use.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, nodePoolManifest, profileManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const profileOf = (availability: string): string =>
  profileManifest({ spec: `runtimeClass: general, scaling: {maxReplicas: 9}, availability: {${availability}}` });

const deploymentOf = (line: string): string => deploymentManifest({ replicas: 3, pod: [line, smallContainer] });

const poolIn = (zones: string): string =>
  nodePoolManifest({ requirement: `{key: topology.kubernetes.io/zone, operator: In, values: [${zones}]}` });

export const topo001: Rule = {
  id: "TOPO-001",
  summary: "Replicas that nothing keeps from being in one zone, in a class that asks for spread.",
  defaultAction: "deny",
  needs: [["profile", "unbound"]],
  subjects: ["profile", "workload", "scale"],
  examples: {
    admitted: profileOf("minReplicas: 3, zoneSpread: preferred"),
    denied: profileOf("minReplicas: 3, zoneSpread: none"),
  },
  judge(facts) {
    if (facts.subject.kind === "profile") return unspreadProfile(facts, facts.subject.profile);
    return facts.views.flatMap((view) => unspreadPods(facts, view));
  },
};

export const topo002: Rule = {
  id: "TOPO-002",
  summary: "Several replicas that are tied to one zone by their Pod's own words.",
  defaultAction: "warn",
  needs: ["placed", "replicated"],
  subjects: ["workload", "scale"],
  examples: {
    admitted: deploymentOf("nodeSelector: {kubernetes.io/arch: amd64}"),
    denied: deploymentOf("nodeSelector: {topology.kubernetes.io/zone: ap-southeast-1a}"),
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const zone = onlyZoneOf(view.podAsWritten.spec);
      if (zone === undefined || view.workload.replicas < 2 || !isServing(view)) return [];
      return [
        {
          path: pathIn(facts, { workload: podSpecPath(view.workload.kind), scale: "/spec/replicas" }),
          message: `${view.workload.replicas} replicas are tied to zone ${zone}: the loss of one zone takes all of them`,
          fix: "remove the zone from nodeSelector or node affinity",
          ...classOf(view),
        },
      ];
    }),
};

export const topo003: Rule = {
  id: "TOPO-003",
  summary: "A spread over more zones than the NodePools of the class offer: its Pods stay pending.",
  defaultAction: "deny",
  needs: ["nodePool"],
  subjects: ["profile", "workload"],
  examples: {
    admitted: `${poolIn("ap-southeast-1a, ap-southeast-1b")}---${profileOf("minReplicas: 3, zoneSpread: required")}`,
    denied: `${poolIn("ap-southeast-1a")}---${profileOf("minReplicas: 3, zoneSpread: required")}`,
  },
  judge(facts) {
    if (facts.snapshot.list("NodePool").length === 0) return [];
    if (facts.views.length === 0 && facts.subject.kind === "profile") return unmetProfile(facts, facts.subject.profile);
    return facts.views.flatMap((view) => unmetSpread(facts, view));
  },
};

export const topo004: Rule = {
  id: "TOPO-004",
  summary: "A promise about zones that the profile's other words can't keep.",
  defaultAction: "deny",
  subjects: ["profile"],
  examples: {
    admitted: profileOf("minReplicas: 3, zoneSpread: required, surviveZoneLoss: true"),
    denied: profileOf("minReplicas: 3, zoneSpread: preferred, surviveZoneLoss: true"),
  },
  judge(facts) {
    if (facts.subject.kind !== "profile") return [];
    const { availability } = facts.subject.profile.spec;
    const terms = availability === undefined ? undefined : termsOf(facts.subject.profile, facts);
    if (availability === undefined || terms === undefined) return [];
    const { minReplicas, zoneSpread, zones } = terms.resolved;
    const found: { readonly path: string; readonly message: string; readonly fix: string }[] = [];
    if (availability.surviveZoneLoss === true && zoneSpread.value !== "required") {
      found.push({
        path: "/spec/availability/surviveZoneLoss",
        message: `availability.surviveZoneLoss needs zoneSpread required; got ${zoneSpread.value}`,
        fix: "set zoneSpread: required",
      });
    }
    if (availability.zoneSpread === "required" && minReplicas.value === 1) {
      found.push({
        path: "/spec/availability/zoneSpread",
        message: "zoneSpread required needs minReplicas 2 or more; got 1",
        fix: "set minReplicas 2, or zoneSpread: preferred",
      });
    }
    if (availability.zoneSpread === "required" && zones.value.length === 1) {
      found.push({
        path: "/spec/availability/zones",
        message: `zoneSpread required needs two zones; got ${zones.value.join(", ")}`,
        fix: "name two zones, or set zoneSpread: preferred",
      });
    }
    return found.map((problem) => ({ ...problem, className: terms.workloadClass.name }));
  },
};

function unspreadProfile(facts: Facts, profile: WorkloadProfile): readonly Problem[] {
  if (profile.spec.availability?.zoneSpread !== "none") return [];
  const terms = termsOf(profile, facts);
  if (terms === undefined || !asksForSpread(terms, terms.resolved.minReplicas.value)) return [];
  return [
    {
      path: "/spec/availability/zoneSpread",
      message: `minReplicas ${terms.resolved.minReplicas.value} in class "${terms.workloadClass.name}" requires zoneSpread; got none`,
      fix: "set zoneSpread: required or preferred",
      patch: [{ op: "replace", path: "/spec/availability/zoneSpread", value: "preferred" }],
      className: terms.workloadClass.name,
    },
  ];
}

function asksForSpread({ workloadClass }: Pick<ProfileTerms, "workloadClass">, replicas: number): boolean {
  const { zoneSpread, zoneSpreadFrom } = workloadClass.availability;
  return zoneSpread === "required" && replicas >= zoneSpreadFrom;
}

/** Without a profile nothing is compiled and nothing refused: what is missing is recorded. */
function unspreadPods(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { workload, workloadClass, binding } = view;
  if (binding.kind !== "none" || workloadClass === undefined || !isServing(view)) return [];
  if (!asksForSpread({ workloadClass }, workload.replicas) || isSpread(view)) return [];
  return [
    {
      path: pathIn(facts, { workload: podSpecPath(workload.kind), scale: "/spec/replicas" }),
      message: `${workload.replicas} replicas in class "${workloadClass.name}" may all land in one zone: the pod has no spread over ${zoneLabel}`,
      fix: "add a WorkloadProfile, or topologySpreadConstraints over zones",
      action: "audit",
      ...classOf(view),
    },
  ];
}

function isSpread({ pod, workload }: WorkloadView): boolean {
  const { required, wished } = ownAntiAffinity({ ...pod, workload });
  return [...ownSpread({ ...pod, workload }), ...required, ...wished].some(({ topologyKey }) => topologyKey === zoneLabel);
}

/** Agents are on every node, work has an end: only what serves is spread. */
function isServing({ workload }: WorkloadView): boolean {
  return workload.kind !== "DaemonSet" && workload.kind !== "Pod" && !runsToAnEnd(workload.kind);
}

function onlyZoneOf(spec: PodSpec): string | undefined {
  if (spec.nodeSelector === undefined && spec.affinity?.nodeAffinity === undefined) return undefined;
  const zones = podRequirements(spec).flatMap((alternative): readonly (string | undefined)[] => {
    const asked = alternative.get(zoneLabel);
    return (asked === undefined ? undefined : values(asked)) ?? [undefined];
  });
  return new Set(zones).size === 1 ? zones[0] : undefined;
}

/** How many zones the Pod waits for, by its own constraints or by those that are compiled into it. */
function unmetSpread(facts: Facts, view: WorkloadView): readonly Problem[] {
  const constraint = view.pod.spec.topologySpreadConstraints?.find(
    ({ topologyKey, whenUnsatisfiable }) => topologyKey === zoneLabel && whenUnsatisfiable === "DoNotSchedule",
  );
  const asked = constraint?.minDomains ?? 1;
  if (view.workloadClass === undefined || asked < 2) return [];
  const zones =
    view.binding.kind === "bound" ? (termsOf(view.binding.profile, facts)?.resolved.zones.value ?? []) : view.workloadClass.zones;
  return tooFewZones(facts, { asked, allowed: zones, spec: view.pod.spec, about: aboutWorkload(facts, view), className: view.className });
}

function unmetProfile(facts: Facts, profile: WorkloadProfile): readonly Problem[] {
  const terms = termsOf(profile, facts);
  if (terms?.resolved.zoneSpread.value !== "required") return [];
  const { placement, name } = terms.workloadClass;
  const spec: PodSpec = { containers: [], nodeSelector: placement.nodeSelector, tolerations: placement.tolerations };
  return tooFewZones(facts, { asked: 2, allowed: terms.resolved.zones.value, spec, about: "", className: name });
}

function tooFewZones(
  facts: Facts,
  of: {
    readonly asked: number;
    readonly allowed: readonly string[];
    readonly spec: PodSpec;
    readonly about: string;
    readonly className: string | undefined;
  },
): readonly Problem[] {
  // A class that names no zones, with no instance type that would, leaves the number of zones open.
  if (of.allowed.length === 0 && facts.instanceTypes.length === 0) return [];
  const known = takingZones(facts, of);
  // No zone at all is a placement that no pool offers: POOL-001 and POOL-003 say which label.
  if (known.length === 0 || known.length >= of.asked) return [];
  return [
    {
      path: pathIn(facts, { profile: "/spec/availability", workload: "/spec" }),
      message: `${of.about}zoneSpread required over ${of.asked} zones, but class pools offer ${known.length} (${known.join(", ")})`,
      fix: "widen pool zones or use preferred",
      ...classOf(of),
    },
  ];
}
