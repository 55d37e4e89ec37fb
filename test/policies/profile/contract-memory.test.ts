/** What a profile compiled to last is given again only to a workload that is written alike. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { Deployment } from "../../../src/api/workload.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../../src/kube/workload.ts";
import { workloadContract, type ContractWorld } from "../../../src/policies/profile/workload-contract.ts";
import { policySet } from "../../support/admission.ts";
import { deployment, namespaceObject, nodePool, profile } from "../../support/objects.ts";

const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const inZones = (values: readonly string[]) => [{ key: "topology.kubernetes.io/zone", operator: "In" as const, values }];
// The third zone is open to who tolerates its taint: so both placement and tolerations decide how many zones there are.
const pools = [
  nodePool({ name: "open", requirements: inZones(zones.slice(0, 2)) }),
  nodePool({ name: "tainted", requirements: inZones(zones.slice(2)), taints: [{ key: "a", effect: "NoSchedule" }] }),
];
const policies = policySet();
const instanceTypes = catalogInstanceTypes({ zones });
type Template = Deployment["spec"]["template"];
const base = templated(deployment({ replicas: 3 }), ({ spec, ...rest }) => ({
  ...rest,
  spec: { ...spec, tolerations: [{ key: "a", operator: "Exists" }] },
}));

const changes: readonly [string, (of: Deployment) => Deployment, "same contract"?][] = [
  ["replicas", (of) => ({ ...of, spec: { ...of.spec, replicas: 9 } })],
  ["its selector", (of) => ({ ...of, spec: { ...of.spec, selector: { matchLabels: { app: "other" } } } })],
  [
    "a node selector",
    (of) =>
      templated(of, ({ spec, ...rest }) => ({
        ...rest,
        spec: { ...spec, nodeSelector: { "topology.kubernetes.io/zone": zones[0] ?? "" } },
      })),
  ],
  [
    "a toleration",
    (of) => templated(of, ({ spec, ...rest }) => ({ ...rest, spec: { ...spec, tolerations: [{ key: "b", operator: "Exists" }] } })),
  ],
  [
    "the main container",
    (of) =>
      templated(of, ({ spec, metadata }) => ({
        metadata: { ...metadata, annotations: { "kubectl.kubernetes.io/default-container": "second" } },
        spec: { ...spec, containers: [...spec.containers, { name: "second" }] },
      })),
  ],
  ["nothing", (of) => structuredClone(of), "same contract"],
  [
    "an image only",
    (of) =>
      templated(of, ({ spec, ...rest }) => ({
        ...rest,
        spec: { ...spec, containers: spec.containers.map((one) => ({ ...one, image: "b" })) },
      })),
    "same contract",
  ],
];

describe("the memory of contracts", () => {
  it.each(changes)("gives a workload that differs in %s what it would get without it", (_what, change, same) => {
    const world = worldOf();
    const first = contractOf(world, base);
    const changed = change(base);
    const own = contractOf(worldOf(), changed);
    if (same === undefined) expect(own).not.toEqual(first);
    expect(contractOf(world, changed)).toEqual(own);
  });

  it("compiles once for two workloads that are written alike", () => {
    const world = worldOf();
    expect(contractOf(world, structuredClone(base))).toBe(contractOf(world, structuredClone(base)));
  });
});

/** A world with a profile object of its own, of which nothing is remembered. */
function worldOf(): ContractWorld {
  const web = profile({ spec: { availability: { zoneSpread: "required", minReplicas: 3 }, disruption: { minAvailable: "80%" } } });
  return {
    policySet: policies,
    names: platformNames(),
    snapshot: snapshotOf([namespaceObject(), ...pools, structuredClone(web)]),
    instanceTypes,
  };
}

function contractOf(world: ContractWorld, object: Deployment): unknown {
  const workload = workloadOf(structuredClone(object));
  if (workload === undefined) throw new Error("no workload");
  const answer = workloadContract({ ...world, workload });
  if (answer.kind !== "compiled" || answer.binding.kind !== "bound") throw new Error(`the workload is ${answer.kind}`);
  return answer.contract;
}

function templated(of: Deployment, change: (template: Template) => Template): Deployment {
  return { ...of, spec: { ...of.spec, template: change(of.spec.template) } };
}
