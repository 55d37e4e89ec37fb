/** A Pod asks a Node for what kube-scheduler counts. */
import { describe, expect, it } from "vitest";
import type { Resources } from "../../src/api/object.ts";
import type { Container, PodSpec, ResourceRequirements } from "../../src/api/pod.ts";
import { podLimits, podRequests, qosClass } from "../../src/kube/pod-requests.ts";

const mib = 1024 * 1024;

describe("the requests of a Pod", () => {
  check("are the sum of its containers", { containers: [asks("1"), asks("500m")] }, { cpu: 1500 });
  check("are at least its heaviest init container", { containers: [asks("1")], initContainers: [asks("3"), asks("2")] }, { cpu: 3000 });
  check(
    "stay the sum where init containers are lighter",
    { containers: [asks("1"), asks("1")], initContainers: [asks("1500m")] },
    { cpu: 2000 },
  );
  check("include sidecars beside the containers", { containers: [asks("1")], initContainers: [sidecar("500m")] }, { cpu: 1500 });
  check(
    "count a sidecar beside every later init container",
    { containers: [asks("1")], initContainers: [sidecar("1"), asks("2")] },
    { cpu: 3000 },
  );
  check(
    "do not count a sidecar beside an earlier init container",
    { containers: [asks("1")], initContainers: [asks("2"), sidecar("1")] },
    { cpu: 2000 },
  );
  check(
    "add sidecars up in the order in which they start",
    { containers: [asks("100m")], initContainers: [sidecar("1"), asks("1"), sidecar("1"), asks("500m")] },
    { cpu: 2500 },
  );
  check(
    "take a limit where no request is stated",
    { containers: [{ name: "a", resources: { limits: { cpu: "2", memory: "1Mi" }, requests: { cpu: "1" } } }] },
    { cpu: 1000, memory: mib },
  );
  check("are replaced by pod-level requests", { containers: [asks("1")], resources: { requests: { cpu: "4" } } }, { cpu: 4000 });
  check(
    "are not replaced by pod-level limits",
    { containers: [asks("1")], resources: { limits: { cpu: "4", memory: "2Mi" } } },
    { cpu: 1000, memory: 2 * mib },
  );
  check("include overhead", { containers: [asks("1")], overhead: { cpu: "250m", memory: "10Mi" } }, { cpu: 1250, memory: 10 * mib });
  check("are one Pod at least", { containers: [{ name: "a" }] }, {});

  function check(title: string, spec: PodSpec, expected: Resources): void {
    it(title, () => {
      expect(podRequests(spec)).toEqual({ ...expected, pods: 1 });
    });
  }

  it("and its limits are counted apart", () => {
    const spec: PodSpec = {
      containers: [{ name: "a", resources: { limits: { memory: "2Mi" }, requests: { memory: "1Mi", cpu: "1" } } }],
      overhead: { memory: "1Mi" },
    };
    expect(podLimits(spec)).toEqual({ memory: 3 * mib });
  });
});

describe("the quality of service", () => {
  const full = { cpu: "1", memory: "1Mi" };

  check("BestEffort", [{}]);
  check("BestEffort", [{ requests: { cpu: "0" } }]);
  check("BestEffort", [{ requests: { "ephemeral-storage": "1Gi" } }]);
  check("Burstable", [{ requests: full }]);
  check("Burstable", [{ requests: full, limits: { memory: "1Mi" } }]);
  check("Burstable", [{ requests: { cpu: "1", memory: "1Mi" }, limits: { cpu: "2", memory: "1Mi" } }]);
  check("Burstable", [{ limits: full }, {}]);
  check("Guaranteed", [{ limits: full }]);
  check("Guaranteed", [{ requests: { cpu: "1000m", memory: "1024Ki" }, limits: full }]);
  check("Guaranteed", [{ limits: full }, { limits: full }]);

  function check(expected: string, resources: readonly ResourceRequirements[]): void {
    it(`of containers with ${JSON.stringify(resources)} is ${expected}`, () => {
      expect(qosClass({ containers: resources.map((of) => ({ name: "a", resources: of })) })).toBe(expected);
    });
  }

  it("counts init containers too", () => {
    expect(qosClass({ containers: [{ name: "a", resources: { limits: full } }], initContainers: [{ name: "i" }] })).toBe("Burstable");
  });
  it("is the pod level's where that is stated", () => {
    expect(qosClass({ containers: [{ name: "a" }], resources: { requests: full, limits: full } })).toBe("Guaranteed");
  });
});

function asks(cpu: string): Container {
  return { name: "a", resources: { requests: { cpu } } };
}

function sidecar(cpu: string): Container {
  return { ...asks(cpu), restartPolicy: "Always" };
}
