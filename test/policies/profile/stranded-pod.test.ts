import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { compileProfile } from "../../../src/policies/profile/compile.ts";
import type { CompiledContract } from "../../../src/policies/profile/contract.ts";
import { strandedPod } from "../../../src/policies/profile/stranded-pod.ts";
import { deployment, pod, profile } from "../../support/objects.ts";
import { workloadClass } from "../../support/workload-class.ts";
import { names, workload } from "./contract-of.ts";

const now = Date.parse("2026-07-01T12:00:00Z");
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "rs", controller: true };

/** The contract while these zones can take the Pods. */
function contractIn(zones: readonly string[], zoneSpread: "required" | "preferred" = "required"): CompiledContract {
  const offerings = zones.map((zone) => ({ zone, capacityType: "on-demand" as const, pricePerHour: 1, available: true }));
  const instanceTypes: readonly InstanceType[] = [{ name: "m7i.large", requirements: [], capacity: {}, allocatable: {}, offerings }];
  return compileProfile({
    profile: profile({ spec: { availability: { minReplicas: 6, zoneSpread } } }),
    workloadClass: workloadClass({ zones: ["a", "b", "c"] }),
    workload: workload(deployment({ replicas: 6 })),
    names,
    bundle: "b",
    capacity: { nodePools: [], instanceTypes },
  });
}

interface Waiting {
  readonly name: string;
  readonly ageSeconds?: number;
  readonly minDomains?: number;
  readonly bare?: true;
  readonly bound?: true;
  readonly going?: true;
}

function waiting({ name, ageSeconds = 300, minDomains = 3, bare, bound, going }: Waiting): Pod {
  const spread = { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", minDomains } as const;
  const made = pod({
    name,
    ...(bare ? {} : { owner }),
    spec: { topologySpreadConstraints: [spread], ...(bound ? { nodeName: "n" } : {}) },
  });
  const creationTimestamp = new Date(now - ageSeconds * 1000).toISOString();
  return {
    ...made,
    metadata: { ...made.metadata, creationTimestamp, ...(going ? { deletionTimestamp: creationTimestamp } : {}) },
    status: { phase: "Pending", conditions: bound ? [] : [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] },
  };
}

describe("the Pod that waits for a lost zone", () => {
  const two = contractIn(["a", "b"]);
  function check(name: string, pods: readonly Waiting[], expected: string | undefined, contract = two) {
    it(name, () => {
      expect(strandedPod({ contract, pods: pods.map(waiting), now })?.pod.metadata.name).toBe(expected);
    });
  }
  check(
    "is the oldest of them",
    [
      { name: "young", ageSeconds: 90 },
      { name: "old", ageSeconds: 900 },
    ],
    "old",
  );
  check("is none while all its zones can take it", [{ name: "p" }], undefined, contractIn(["a", "b", "c"]));
  check("is none once it asks for no more zones than there are", [{ name: "p", minDomains: 2 }], undefined);
  check("is none below two zones: fewer are never asked for", [{ name: "p", minDomains: 2 }], undefined, contractIn(["a"]));
  check("is none within a minute", [{ name: "p", ageSeconds: 59 }], undefined);
  check(
    "is none while the last one that was made again is still young",
    [{ name: "p" }, { name: "made", ageSeconds: 5, minDomains: 2 }],
    undefined,
  );
  check("is none while another one is going", [{ name: "p" }, { name: "q", going: true }], undefined);
  check("is never one that nobody would make again", [{ name: "p", bare: true }], undefined);
  check("is never one that runs", [{ name: "p", bound: true }], undefined);
  check("is none where zones are only preferred now", [{ name: "p" }], undefined, contractIn(["a", "b"], "preferred"));

  it("tells the zones of then and now", () => {
    expect(strandedPod({ contract: two, pods: [waiting({ name: "p" })], now })).toMatchObject({ zonesThen: 3, zonesNow: 2 });
  });
});
