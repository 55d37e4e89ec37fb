/** What a DaemonSet's next Pod takes: by its newest live Pod, where a webhook or a resize has changed that one. */
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { DaemonSet } from "../../src/api/workload.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { daemonSetPods } from "../../src/provisioner/daemon-set-pods.ts";
import { policySet } from "../support/admission.ts";
import { pod } from "../support/objects.ts";

check("no live Pod changes anything", [], undefined);
check("one as its template has it changes nothing", [live("a", "100m")], undefined);
check("one that is larger counts", [live("a", "700m")], 700);
check("one that is smaller counts", [live("a", "50m")], 50);
check(
  "the newest of several counts",
  [live("a", "700m", { minute: 1 }), live("b", "300m", { minute: 3 }), live("c", "900m", { minute: 2 })],
  300,
);
check(
  "one that has ended, or is leaving, counts for nothing",
  [
    { ...live("a", "700m"), status: { phase: "Failed" } },
    { ...live("b", "700m"), metadata: { ...live("b", "700m").metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
  ],
  undefined,
);
check("one that was resized in place counts as it is now", [resized(live("a", "100m"), "600m")], 600);
check(
  "an older one of the template counts before a newer one of another",
  [live("a", "200m", { minute: 1, generation: "2" }), live("b", "900m", { minute: 2 })],
  200,
  "2",
);
check("of the templates before, the larger counts: theirs", [live("a", "700m")], 700, "2");
check("of the templates before, the larger counts: the new one's", [live("a", "50m")], undefined, "2");
check(
  "another's Pod of the same name counts for nothing",
  [pod({ name: "a", namespace: "kube-system", requests: { cpu: "700m" } })],
  undefined,
);

test("the port of the host that an injector opened counts", () => {
  const [first] = daemonSetPods(world([daemonSet(), withPort(live("a", "100m"))]));
  expect(first?.live?.ports).toEqual([{ port: 9000, protocol: "TCP", ip: "0.0.0.0" }]);
});

test("where it runs is its template's to say, not a live Pod's", () => {
  const [first] = daemonSetPods(world([daemonSet(), withSpec(live("a", "700m"), { nodeSelector: { only: "here" } })]));
  expect(first?.spec.nodeSelector).toBeUndefined();
});

test.each([
  ["take no room", {}, 0],
  ["take room where they are asked for", { countDraDaemonSets: true }, 1],
])("DaemonSets whose Pods ask for devices of dynamic resource allocation %s", (_says, settings, count) => {
  const { spec, ...rest } = daemonSet();
  const claiming = { ...spec.template.spec, resourceClaims: [{ name: "gpu" }] };
  const driver: DaemonSet = { ...rest, spec: { ...spec, template: { ...spec.template, spec: claiming } } };
  expect(daemonSetPods(world([driver]), settings)).toHaveLength(count);
});

function check(name: string, pods: readonly Pod[], cpu: number | undefined, generation = "1"): void {
  test(name, () => {
    expect(daemonSetPods(world([daemonSet(generation), ...pods])).map((one) => [one.name, one.live?.requests["cpu"]])).toEqual([
      ["kube-system/agent", cpu],
    ]);
  });
}

function world(objects: readonly KubeObject[]) {
  return { policySet: policySet(), snapshot: snapshotOf(objects), names: platformNames(), instanceTypes: [] };
}

function daemonSet(generation = "1"): DaemonSet {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      name: "agent",
      namespace: "kube-system",
      uid: "uid-agent",
      annotations: { "deprecated.daemonset.template.generation": generation },
    },
    spec: { selector: { matchLabels: { app: "agent" } }, template: { metadata: { labels: { app: "agent" } }, spec: specOf("100m") } },
  };
}

function specOf(cpu: string) {
  return { containers: [{ name: "agent", image: "agent", resources: { requests: { cpu } } }] };
}

function live(name: string, cpu: string, { minute = 0, generation = "1" } = {}): Pod {
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "uid-agent", controller: true };
  const made = pod({
    name,
    namespace: "kube-system",
    owner,
    labels: { app: "agent", "pod-template-generation": generation },
    spec: specOf(cpu),
  });
  return { ...made, metadata: { ...made.metadata, creationTimestamp: `2026-01-01T00:0${minute}:00Z` } };
}

function resized(of: Pod, cpu: string): Pod {
  return { ...of, status: { containerStatuses: [{ name: "agent", resources: { requests: { cpu } } }] } };
}

function withPort(of: Pod): Pod {
  const [container] = of.spec.containers;
  return { ...of, spec: { ...of.spec, containers: [{ ...container!, ports: [{ containerPort: 9000, hostPort: 9000 }] }] } };
}

function withSpec(of: Pod, spec: Partial<Pod["spec"]>): Pod {
  return { ...of, spec: { ...of.spec, ...spec } };
}
