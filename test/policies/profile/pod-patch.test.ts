import { describe, expect, it } from "vitest";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { compileUnprofiled } from "../../../src/policies/profile/compile.ts";
import { compilePod, sizingConflicts } from "../../../src/policies/profile/pod-patch.ts";
import { deployment, pod } from "../../support/objects.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";
import { contractOf, names, patched, workload } from "./contract-of.ts";

/** A Pod with one container, as the builder makes it, with other resources. */
function sized(resources: NonNullable<PodSpec["containers"][number]["resources"]>): Pod {
  return pod({ spec: { containers: [{ name: "app", resources }] } });
}

describe("sizes", () => {
  function check(name: string, compute: NonNullable<WorkloadProfileSpec["compute"]>, has: Parameters<typeof sized>[0], expected: object) {
    it(name, () => {
      expect(patched(sized(has), contractOf({ compute })).spec.containers[0]?.resources).toEqual(expected);
    });
  }
  const half = { cpuRequest: "500m", memoryRequest: "768Mi" };

  check(
    "come from the profile, the memory limit from the class's ratio",
    half,
    {},
    {
      requests: { cpu: "500m", memory: "768Mi" },
      limits: { memory: "1536Mi" },
    },
  );
  check(
    "come from the class where the profile is silent",
    {},
    {},
    { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  );
  check(
    "win over the Pod's own in mode set",
    half,
    { requests: { cpu: "1", memory: "1Gi" } },
    {
      requests: { cpu: "500m", memory: "768Mi" },
      limits: { memory: "1536Mi" },
    },
  );
  check(
    "of the class never overrule what the Pod says",
    {},
    { requests: { cpu: "2", memory: "1Gi" } },
    {
      requests: { cpu: "2", memory: "1Gi" },
      limits: { memory: "2Gi" },
    },
  );
  check(
    "only fill what is missing in mode fill",
    { ...half, mode: "fill" },
    { requests: { cpu: "1" } },
    {
      requests: { cpu: "1", memory: "768Mi" },
      limits: { memory: "1536Mi" },
    },
  );
  check(
    "only raise in mode floor",
    { ...half, mode: "floor" },
    { requests: { cpu: "1", memory: "64Mi" } },
    {
      requests: { cpu: "1", memory: "768Mi" },
      limits: { memory: "1536Mi" },
    },
  );
  check(
    "keep the text of an equal amount",
    { cpuRequest: "1", memoryRequest: "1Gi" },
    { requests: { cpu: "1000m", memory: "1024Mi" } },
    {
      requests: { cpu: "1000m", memory: "1024Mi" },
      limits: { memory: "2Gi" },
    },
  );
  check(
    "never lower a memory limit",
    { ...half, memoryLimit: "1Gi" },
    { limits: { memory: "4Gi" }, requests: { memory: "2Gi" } },
    {
      requests: { cpu: "500m", memory: "768Mi" },
      limits: { memory: "4Gi" },
    },
  );
  check(
    "raise a memory limit where the profile states a higher one",
    { ...half, memoryLimit: "2Gi" },
    { limits: { memory: "1Gi" }, requests: { memory: "1Mi" } },
    {
      requests: { cpu: "500m", memory: "768Mi" },
      limits: { memory: "2Gi" },
    },
  );
  check(
    "set a CPU limit where the profile states one",
    { ...half, cpuLimit: "2" },
    {},
    {
      requests: { cpu: "500m", memory: "768Mi" },
      limits: { cpu: "2", memory: "1536Mi" },
    },
  );
  check(
    "leave memory alone where the Pod's limit is below the request",
    half,
    { limits: { memory: "512Mi" }, requests: { memory: "256Mi" } },
    {
      requests: { cpu: "500m", memory: "256Mi" },
      limits: { memory: "512Mi" },
    },
  );
  check(
    "leave a Guaranteed Pod as it is",
    half,
    { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } },
    {
      requests: { cpu: "1", memory: "1Gi" },
      limits: { cpu: "1", memory: "1Gi" },
    },
  );
  check("are nobody's where VPA owns them", { ...half, managedBy: "vpa" }, {}, {});

  it("say why they were not written", () => {
    const contract = contractOf({ compute: half });
    expect(sizingConflicts({ pod: sized({ limits: { memory: "512Mi" } }), contract })).toEqual([
      { kind: "limit", container: "app", resource: "memory", request: "768Mi", limit: "512Mi" },
    ]);
    const guaranteed = { cpu: "1", memory: "1Gi" };
    expect(sizingConflicts({ pod: sized({ limits: guaranteed, requests: guaranteed }), contract })).toEqual([
      { kind: "qos", change: { from: "Guaranteed", to: "Burstable" } },
    ]);
  });

  const two = [{ name: "app" }, { name: "proxy", resources: { requests: { cpu: "10m" } } }];
  it("touch only the main container beside sidecars", () => {
    const mesh = pod({ annotations: { "kubectl.kubernetes.io/default-container": "app" }, spec: { containers: two } });
    const { containers } = patched(mesh, contractOf({ compute: half })).spec;
    expect(containers[0]?.resources?.requests).toEqual({ cpu: "500m", memory: "768Mi" });
    expect(containers[1]).toEqual(two[1]);
  });
  it("find the main container by the template where a sidecar was injected into the Pod", () => {
    const { containers } = patched(pod({ spec: { containers: [...two].reverse() } }), contractOf({ compute: half })).spec;
    expect(containers.map((container) => container.resources?.requests?.["memory"])).toEqual([undefined, "768Mi"]);
  });
  it.each(["__proto__", "constructor", "toString"])("survive a container named %s, which the API server refuses only later", (name) => {
    const odd = pod({ spec: { containers: [{ name: "app" }, { name }] } });
    expect(compilePod({ pod: odd, contract: contractOf({ compute: {} }), names })).toBeInstanceOf(Array);
  });

  it("go to no container where none is marked", () => {
    const ambiguous = workload(deployment({ podSpec: { containers: two } }));
    expect(patched(pod({ spec: { containers: two } }), contractOf({ compute: half }, { workload: ambiguous })).spec.containers).toEqual(
      two,
    );
  });
  it("follow compute.containers by name", () => {
    const compute = { ...half, containers: { proxy: { cpuRequest: "50m", memoryRequest: "64Mi" } } };
    const { containers } = patched(pod({ spec: { containers: two } }), contractOf({ compute })).spec;
    expect(containers.map((container) => container.resources?.requests)).toEqual([
      { cpu: "500m", memory: "768Mi" },
      { cpu: "50m", memory: "64Mi" },
    ]);
  });
});

describe("placement", () => {
  const capacity = { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] } as const;
  const zoneA = { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a"] } as const;
  const required = (terms: NonNullable<PodSpec["affinity"]>["nodeAffinity"]) => ({ affinity: { nodeAffinity: terms ?? {} } });
  const termsOf = ({ spec }: Pod) => spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const withTerms = (...nodeSelectorTerms: readonly object[]) =>
    pod({ spec: required({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } }) });

  it("keeps Pods off Spot where the profile does not allow it", () => {
    expect(termsOf(patched(pod(), contractOf({})))).toEqual([{ matchExpressions: [capacity] }]);
  });
  it("requires nothing where Spot and on-demand are both allowed", () => {
    expect(termsOf(patched(pod(), contractOf({ cost: { spotAllowed: true } }, { class: batchClass() })))).toBeUndefined();
  });
  it("adds to each alternative, and leaves an empty one that matches no Node", () => {
    const both = withTerms({ matchExpressions: [zoneA] }, {}, { matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] });
    expect(termsOf(patched(both, contractOf({})))).toEqual([
      { matchExpressions: [zoneA, capacity] },
      {},
      { matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }], matchExpressions: [capacity] },
    ]);
  });
  it("does not repeat what the Pod requires already, and narrows what it leaves open", () => {
    const wide = { ...capacity, values: ["spot", "on-demand"] };
    expect(termsOf(patched(withTerms({ matchExpressions: [capacity] }), contractOf({})))).toEqual([{ matchExpressions: [capacity] }]);
    expect(termsOf(patched(withTerms({ matchExpressions: [wide] }), contractOf({})))).toEqual([{ matchExpressions: [wide, capacity] }]);
    expect(
      termsOf(patched(pod({ spec: { nodeSelector: { "karpenter.sh/capacity-type": "on-demand" } } }), contractOf({}))),
    ).toBeUndefined();
  });
  it("requires the zones and the architecture that the profile names", () => {
    const contract = contractOf({ availability: { zones: ["ap-southeast-1b", "ap-southeast-1a"] }, compute: { arch: "arm64" } });
    expect(termsOf(patched(pod(), contract))?.[0]?.matchExpressions).toEqual([
      capacity,
      { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a", "ap-southeast-1b"] },
      { key: "kubernetes.io/arch", operator: "In", values: ["arm64"] },
    ]);
  });
  it("keeps a node selector of the Pod's own", () => {
    const own = pod({ spec: { nodeSelector: { "workload-class": "other", disk: "ssd" } } });
    expect(patched(own, contractOf({})).spec.nodeSelector).toEqual({ "workload-class": "other", disk: "ssd" });
  });
  it("tolerates the class's taint once", () => {
    const toleration = { key: "workload-class", operator: "Equal", value: "batch", effect: "NoSchedule" } as const;
    const wide = { key: "workload-class", operator: "Exists" } as const;
    const contract = contractOf({}, { class: batchClass() });
    expect(patched(pod(), contract).spec.tolerations).toEqual([toleration]);
    expect(patched(pod({ spec: { tolerations: [toleration] } }), contract).spec.tolerations).toEqual([toleration]);
    expect(patched(pod({ spec: { tolerations: [wide] } }), contract).spec.tolerations).toEqual([wide]);
  });
});

describe("spread, grace, labels", () => {
  const zone = "topology.kubernetes.io/zone";
  it("lets a constraint of the Pod's own over the same key stand alone", () => {
    const own = { maxSkew: 2, topologyKey: zone, whenUnsatisfiable: "ScheduleAnyway", labelSelector: {} } as const;
    const spread = patched(pod({ spec: { topologySpreadConstraints: [own] } }), contractOf({})).spec.topologySpreadConstraints;
    expect(spread?.map(({ topologyKey, maxSkew }) => [topologyKey, maxSkew])).toEqual([
      [zone, 2],
      ["kubernetes.io/hostname", 1],
    ]);
  });
  it("adds the profile's spread beside a constraint that selects other Pods, unless there may be one of its kind only", () => {
    const selector = { matchLabels: { app: "db" } };
    const keysOf = (whenUnsatisfiable: "ScheduleAnyway" | "DoNotSchedule") => {
      const other = { maxSkew: 2, topologyKey: zone, whenUnsatisfiable, labelSelector: selector };
      const { spec } = patched(pod({ spec: { topologySpreadConstraints: [other] } }), contractOf({}));
      return spec.topologySpreadConstraints?.map(({ topologyKey, maxSkew }) => `${topologyKey} ${maxSkew}`);
    };
    const hostname = "kubernetes.io/hostname 1";
    expect(keysOf("DoNotSchedule")).toEqual([`${zone} 2`, `${zone} 1`, hostname]);
    expect(keysOf("ScheduleAnyway")).toEqual([`${zone} 2`, hostname]);
  });
  it("sets the grace period that the profile states, and sleeps before SIGTERM", () => {
    const { spec } = patched(pod(), contractOf({ disruption: { gracePeriodSeconds: 60, preStopSeconds: 10 } }));
    expect(spec.terminationGracePeriodSeconds).toBe(60);
    expect(spec.containers[0]?.lifecycle).toEqual({ preStop: { sleep: { seconds: 10 } } });
  });
  it("keeps the Pod's grace period where the profile is silent, and never sleeps through it", () => {
    const { spec } = patched(pod({ spec: { terminationGracePeriodSeconds: 4 } }), contractOf({}));
    expect(spec.terminationGracePeriodSeconds).toBe(4);
    expect(spec.containers[0]?.lifecycle).toBeUndefined();
  });
  it("keeps a preStop hook", () => {
    const hook = { preStop: { exec: { command: ["/drain"] } } };
    expect(
      patched(pod({ spec: { containers: [{ name: "app", lifecycle: hook }] } }), contractOf({})).spec.containers[0]?.lifecycle,
    ).toEqual(hook);
  });
  it("never changes a label that the workload's selector uses", () => {
    const labels = { app: "web", [names.workloadClassLabel]: "mine" };
    const selecting = workload(deployment({ podLabels: labels }));
    expect(patched(pod({ labels }), contractOf({}, { workload: selecting })).metadata.labels?.[names.workloadClassLabel]).toBe("mine");
    expect(patched(pod({ labels }), contractOf({})).metadata.labels?.[names.workloadClassLabel]).toBe("general");
  });
  it("gives a Pod without a profile nothing but our labels", () => {
    const contract = compileUnprofiled({
      workloadClass: workloadClass(),
      workload: workload(),
      names,
      bundle: "b",
      namespaceLabels: { [names.costOwnerLabel]: "billing" },
      capacity: { nodePools: [], instanceTypes: [] },
    });
    expect(compilePod({ pod: pod({ labels: {} }), contract, names })).toEqual([
      { op: "add", path: "/metadata/labels/platform.example.com~1workload-class", value: "general" },
      { op: "add", path: "/metadata/labels/platform.example.com~1cost-owner", value: "billing" },
    ]);
  });
  it("writes nothing where the profile only validates", () => {
    expect(compilePod({ pod: pod(), contract: contractOf({ validateOnly: true }), names })).toEqual([]);
  });
});

describe("the note on the Pod", () => {
  const note = (of: Pod) => JSON.parse(of.metadata.annotations?.[names.compiledAnnotation] ?? "null") as unknown;
  it("says what was changed, from what and to what", () => {
    const before = sized({ requests: { cpu: "1", memory: "256Mi" }, limits: { memory: "512Mi" } });
    const contract = contractOf(
      { compute: { cpuRequest: "500m" }, availability: { zoneSpread: "none", hostSpread: "none" } },
      {
        class: workloadClass({
          placement: { nodeSelector: {}, tolerations: [] },
          capacityTypes: ["spot", "on-demand"],
          allowSpot: true,
          disruption: { gracePeriodSeconds: 30, preStopSeconds: 0, consolidates: true },
        }),
      },
    );
    expect(note(patched(before, contract))).toMatchObject({
      profile: "web",
      bundle: "b0b0b0b0",
      changed: { "/spec/containers/0/resources/requests/cpu": { from: "1", to: "500m" } },
    });
  });
  it("is kept through a second run, and takes in what another webhook made necessary", () => {
    const contract = contractOf({});
    const first = patched(pod(), contract);
    const disturbed = { ...first, spec: { ...first.spec, containers: [{ name: "app" }] } };
    const second = patched(disturbed, contract);
    expect(second.spec.containers[0]?.resources).toEqual({ requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } });
    expect(Object.keys((note(second) as { changed: object }).changed)).toEqual(
      expect.arrayContaining(["/spec/containers/0/resources", "/spec/nodeSelector"]),
    );
    expect(compilePod({ pod: second, contract, names })).toEqual([]);
  });
});
