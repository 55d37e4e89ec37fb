/** A Pod that has a node takes from it what kube-scheduler counts, while a resize in place is under way too. */
import { describe, expect, it } from "vitest";
import type { QuantityText, Resources } from "../../src/api/object.ts";
import type { Container, ContainerStatus, Pod, PodStatus } from "../../src/api/pod.ts";
import { podRequests } from "../../src/kube/pod-requests.ts";
import { runningRequests } from "../../src/kube/running-requests.ts";

const infeasible: PodStatus = { conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }] };
const deferred: PodStatus = { conditions: [{ type: "PodResizePending", status: "True", reason: "Deferred" }] };

describe("what a Pod takes from its node", () => {
  check("is what it asks for, before the kubelet has said anything", pod([asks("app", "1")]), 1000);
  check("is what it asks for, where that is what it has", pod([asks("app", "1")], has("app", "1000m", "1")), 1000);
  check("is already what it grows to", pod([asks("app", "2")], has("app", "1", "1")), 2000);
  check(
    "is already what it grows to, where the kubelet puts that off",
    pod([asks("app", "2")], { ...deferred, ...has("app", "1", "1") }),
    2000,
  );
  check(
    "is what it has, where the kubelet says that growing can never be",
    pod([asks("app", "2")], { ...infeasible, ...has("app", "1", "1") }),
    1000,
  );
  check("is still what it runs with, while it shrinks", pod([asks("app", "1")], has("app", "3", "1")), 3000);
  check("is still what the kubelet has admitted, where that is more", pod([asks("app", "1")], has("app", "1", "4")), 4000);
  check("counts each container by itself", pod([asks("app", "1"), asks("log", "500m")], has("log", "2", "2")), 3000);
  check(
    "counts a limit that stands in for a request",
    pod([{ name: "app", resources: { limits: { cpu: "2" } } }], has("app", "1", "1")),
    2000,
  );
  check(
    "counts a sidecar's resize",
    pod([asks("app", "1")], { initContainerStatuses: [status("proxy", "2", "2")] }, [sidecar("proxy", "1")]),
    3000,
  );
  check(
    "does not look at what an init container had that has ended",
    pod([asks("app", "1")], { initContainerStatuses: [status("setup", "5", "5")] }, [asks("setup", "1")]),
    1000,
  );
  check("does not look at a status without amounts", pod([asks("app", "1")], { containerStatuses: [{ name: "app" }] }), 1000);

  it("is the very record that is remembered of the spec, where nothing is resized", () => {
    const one = pod([asks("app", "1")], has("app", "1", "1"));
    expect(runningRequests(one)).toBe(podRequests(one.spec));
  });
});

function check(sentence: string, one: Pod, cpu: number): void {
  it(sentence, () => {
    expect(runningRequests(one)).toEqual({ cpu, pods: 1 } satisfies Resources);
  });
}

function pod(containers: readonly Container[], podStatus: PodStatus = {}, initContainers: readonly Container[] = []): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "one" },
    spec: { containers, initContainers, nodeName: "a" },
    status: podStatus,
  };
}

function asks(name: string, cpu: QuantityText): Container {
  return { name, resources: { requests: { cpu } } };
}

function sidecar(name: string, cpu: QuantityText): Container {
  return { ...asks(name, cpu), restartPolicy: "Always" };
}

function status(name: string, runs: QuantityText, admitted: QuantityText): ContainerStatus {
  return { name, resources: { requests: { cpu: runs } }, allocatedResources: { cpu: admitted } };
}

function has(name: string, runs: QuantityText, admitted: QuantityText): PodStatus {
  return { containerStatuses: [status(name, runs, admitted)] };
}
