/**
 * POOL-003: a zone that the Pod must be in, and that no NodePool of its class offers.
 *
 * Reads the zones that node affinity and bound volumes leave, and the NodePools of the class. A zone that no NodePool at all offers
 * is POOL-001's, and a volume outside the class's own zones STOR-001's: here the class has the zone, and none of its pools does.
 */
import { zoneLabel } from "../../api/labels.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { values } from "../../kube/requirement.ts";
import { claimsOf, zonesOfVolume } from "../claims.ts";
import { zonesOfClass } from "../class-pools.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { isOffered } from "../offered-labels.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, nodePoolManifest, smallContainer } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const poolOf = (name: string, className: string, zone: string): string =>
  nodePoolManifest({ name, className, requirement: `{key: topology.kubernetes.io/zone, operator: In, values: [${zone}]}` });

const deploymentIn = (zone: string): string =>
  deploymentManifest({ pod: [`nodeSelector: {topology.kubernetes.io/zone: ${zone}}`, smallContainer] });

const pools = `${poolOf("general-flex", "general", "ap-southeast-1a")}---${poolOf("compute-batch", "compute", "ap-southeast-1b")}`;

export const pool003: Rule = {
  id: "POOL-003",
  summary: "A zone that a volume or node affinity asks for, and that the NodePools of the class do not have.",
  defaultAction: "deny",
  needs: ["nodePool"],
  subjects: ["workload", "profile"],
  examples: {
    admitted: `${pools}---${deploymentIn("ap-southeast-1a")}`,
    denied: `${pools}---${deploymentIn("ap-southeast-1b")}`,
  },
  judge: (facts) => (facts.snapshot.list("NodePool").length === 0 ? [] : facts.views.flatMap((view) => unofferedZones(facts, view))),
};

interface AskedZones {
  readonly by: string;
  readonly zones: readonly string[];
}

function unofferedZones(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { workloadClass } = view;
  if (workloadClass === undefined) return [];
  const asked = [...byAffinity(facts, view), ...byVolumes(facts, view, workloadClass.zones)];
  if (asked.length === 0) return [];
  const offered = zonesOfClass(workloadClass, facts.snapshot);
  if (offered === undefined) return [];
  return asked
    .filter(({ zones }) => !zones.some((zone) => offered.includes(zone)))
    .map(({ by, zones }) => ({
      path: pathIn(facts, { workload: podSpecPath(view.workload.kind), profile: "/spec/availability" }),
      message: `${aboutWorkload(facts, view)}zone ${zones.join(", ")} is required by ${by} but no pool of class "${workloadClass.name}" offers it`,
      fix: `valid zones: ${offered.join(", ")}`,
      ...classOf(view),
    }));
}

/** Alternatives are "or": together they leave all of their zones. */
function byAffinity(facts: Facts, { pod }: WorkloadView): readonly AskedZones[] {
  if (pod.spec.nodeSelector === undefined && pod.spec.affinity?.nodeAffinity === undefined) return [];
  const asked = podRequirements(pod.spec).map((alternative) => alternative.get(zoneLabel));
  if (asked.length === 0 || asked.some((requirement) => requirement === undefined || !isOffered(requirement, facts))) return [];
  const zones = asked.map((requirement) => (requirement === undefined ? undefined : values(requirement)));
  return zones.includes(undefined) ? [] : [{ by: "affinity", zones: [...new Set(zones.flatMap((listed) => listed ?? []))].sort() }];
}

function byVolumes({ snapshot, names }: Facts, view: WorkloadView, classZones: readonly string[]): readonly AskedZones[] {
  return claimsOf(view, { snapshot, domain: names.domain }).flatMap(({ name, volume }): readonly AskedZones[] => {
    const zones = volume === undefined ? [] : zonesOfVolume(volume);
    const inClass = classZones.length === 0 || zones.some((zone) => classZones.includes(zone));
    return zones.length === 0 || !inClass ? [] : [{ by: `volume "${name}"`, zones }];
  });
}
