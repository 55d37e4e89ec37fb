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

/** The contract while these zones can take the Pods, and of them some are lost. */
function contractIn(
  zones: readonly string[],
  zoneSpread: "required" | "preferred" = "required",
  lostZones: readonly string[] = [],
): CompiledContract {
  const offerings = zones.map((zone) => ({ zone, capacityType: "on-demand" as const, pricePerHour: 1, available: true }));
  const instanceTypes: readonly InstanceType[] = [{ name: "m7i.large", requirements: [], capacity: {}, allocatable: {}, offerings }];
  return compileProfile({
    profile: { ...profile({ spec: { availability: { minReplicas: 6, zoneSpread } } }), status: { lostZones } },
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
  /** Compiled while only these zones were left. */
  readonly zones?: readonly string[];
  readonly bare?: true;
  readonly bound?: true;
  readonly going?: true;
}

const zoneKey = "topology.kubernetes.io/zone";

function waiting({ name, ageSeconds = 300, minDomains = 3, zones, bare, bound, going }: Waiting): Pod {
  const [ours] = two.pod.spread;
  if (ours === undefined) throw new Error("the contract spreads");
  const matchExpressions = [{ key: zoneKey, operator: "In", values: [...(zones ?? [])] }] as const;
  const kept = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } };
  const made = pod({
    name,
    ...(bare ? {} : { owner }),
    spec: {
      topologySpreadConstraints: [{ ...ours, minDomains }],
      ...(zones === undefined ? {} : { affinity: kept }),
      ...(bound ? { nodeName: "n" } : {}),
    },
  });
  const creationTimestamp = new Date(now - ageSeconds * 1000).toISOString();
  return {
    ...made,
    metadata: { ...made.metadata, creationTimestamp, ...(going ? { deletionTimestamp: creationTimestamp } : {}) },
    status: { phase: "Pending", conditions: bound ? [] : [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] },
  };
}

const two = contractIn(["a", "b"]);

describe("the Pod that waits for a lost zone", () => {
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
    "is none while the last one that was made again is young, and no better",
    [{ name: "p" }, { name: "made", ageSeconds: 5 }],
    undefined,
  );
  check("is the next one as soon as the last one came back right", [{ name: "p" }, { name: "made", ageSeconds: 5, minDomains: 2 }], "p");
  check("is none while another one is going", [{ name: "p" }, { name: "q", going: true }], undefined);
  check("is never one that nobody would make again", [{ name: "p", bare: true }], undefined);
  check("is never one that runs", [{ name: "p", bound: true }], undefined);
  check("is none where zones are only preferred now", [{ name: "p" }], undefined, contractIn(["a", "b"], "preferred"));

  const lost = contractIn(["a", "b", "c"], "required", ["c"]);
  check("is one that was made before a zone counted as lost", [{ name: "p" }], "p", lost);
  check("is none that is kept to the zones that are left", [{ name: "p", minDomains: 2, zones: ["a", "b"] }], undefined, lost);
  check("is one that is kept to other zones than are left", [{ name: "p", minDomains: 2, zones: ["a", "c"] }], "p", lost);
  const all = contractIn(["a", "b", "c"]);
  check("is one that is kept from a zone which is back", [{ name: "p", minDomains: 2, zones: ["a", "b"] }], "p", all);
  check("is none that asks for fewer zones by itself", [{ name: "p", minDomains: 2 }], undefined, all);
  const one = contractIn(["a", "b"], "required", ["b"]);
  check("is one that asks for two zones where one of the two is lost", [{ name: "p", minDomains: 2 }], "p", one);

  it("tells the zones of then and now", () => {
    expect(strandedPod({ contract: two, pods: [waiting({ name: "p" })], now })).toMatchObject({ zonesThen: 3, zonesNow: 2 });
  });
});
