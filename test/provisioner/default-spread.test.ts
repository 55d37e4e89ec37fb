/**
 * Default spread: Pods that state none are planned as kube-scheduler will spread them, by the selector that it deduces for each
 * (helper.DefaultSelector of kube-scheduler, and the cases of Karpenter's DefaultTopologySpreadInjector).
 */
import { describe, expect, it } from "vitest";
import { hostnameLabel, platformNames, zoneLabel } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod, TopologySpreadConstraint } from "../../src/api/pod.ts";
import type { DefaultSpreads } from "../../src/kube/scheduler-config.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { comingSelector, spreadLookup, withDefaultSpread } from "../../src/provisioner/default-spread.ts";
import { hintedPods } from "../../src/provisioner/lifecycle/placement-hint.ts";
import { podClassHash, type PendingPod } from "../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SolveInput } from "../../src/provisioner/scheduling/solve.ts";
import { deploymentText, infrastructureFile } from "../cli/manifest-texts.ts";
import { folderOf, runPlimsoll } from "../cli/program-run.ts";
import { deployment, job, nodePool, pod, replicaSet, statefulSet } from "../support/objects.ts";
import { planFaults } from "./plan/plan-checker.ts";
import { types } from "./scheduling/checkout.ts";

const overZones: TopologySpreadConstraint = { maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule" };
const defaults = { "default-scheduler": [overZones] };
const webLabels = { app: "web", tier: "front" };

describe("a Pod is counted with those that its deduced selector takes in", () => {
  check("its ReplicaSet's", { owner: replicaSet({ podLabels: { app: "web" } }) }, [webLabels], [{ tier: "front" }]);
  check("its StatefulSet's", { owner: statefulSet({ podLabels: { app: "web" } }) }, [webLabels], [{ tier: "front" }]);
  check(
    "that of each Service that selects it",
    { services: [service({ app: "web" }), service({ tier: "front" })] },
    [webLabels],
    [{ app: "web" }, { tier: "front" }],
  );
  check(
    "its Service's and its ReplicaSet's together",
    { services: [service({ tier: "front" })], owner: replicaSet({ podLabels: { app: "web" } }) },
    [webLabels],
    [{ app: "web" }, { tier: "front" }],
  );
  check("its ReplicationController's", { owner: replicationController({ app: "web" }) }, [webLabels], [{ tier: "front" }]);
  check(
    "its ReplicaSet's expressions as they are",
    { owner: withSelector(replicaSet(), { matchExpressions: [{ key: "app", operator: "NotIn", values: ["db"] }] }) },
    [webLabels, { tier: "front" }],
    [{ app: "db" }],
  );
  check(
    "no Pod, where its Service and its ReplicaSet ask for different values of a label",
    { services: [service({ app: "web" })], owner: replicaSet({ podLabels: { app: "api" } }) },
    [],
    [webLabels, { app: "api" }],
  );
  check("nothing of an owner that is gone, or is not its controller", { owner: replicaSet(), isOwned: false }, "none");
  check("nothing of a Service that selects every Pod", { services: [service({})] }, "none");
  check("not that of a Service without a selector, or of other Pods", { services: [service(undefined), service({ app: "db" })] }, "none");
  check("not a Job's", { owner: job({ name: "web" }) }, "none");
  check("not that of a Service in another namespace", { services: [service({ app: "web" }, "other")] }, "none");
  check("none where it stands alone", {}, "none");
});

describe("nothing is given to", () => {
  it("a Pod with a constraint of its own, whatever it is", () => {
    const own = { ...overZones, topologyKey: hostnameLabel, labelSelector: {} };
    expect(given({ services: [service({ app: "web" })] }, { topologySpreadConstraints: [own] })).toBeUndefined();
  });
  it("a Pod of a scheduler that the configuration does not name", () => {
    expect(given({ services: [service({ app: "web" })] }, { schedulerName: "other" })).toBeUndefined();
  });
});

it("a Deployment's Pods to come are counted with their own ReplicaSet's, before there is one and after", () => {
  const workload = workloadOf(deployment({ podLabels: { app: "web" } }));
  if (workload === undefined) throw new Error("a Deployment is a workload");
  const old = { app: "web", "pod-template-hash": "1" };
  const before = comingSelector(workload, { app: "web" });
  expect([{ app: "web" }, old].map((labels) => matchesSelector(before, labels))).toEqual([true, false]);
  const after = comingSelector(workload, { app: "web", "pod-template-hash": "2" });
  expect([{ ...old, "pod-template-hash": "2" }, old].map((labels) => matchesSelector(after, labels))).toEqual([true, false]);
});

describe("in a plan", () => {
  const pending = Array.from({ length: 6 }, (_, index): PendingPod => {
    const made = pod({ name: `web-${index}`, labels: webLabels, requests: { cpu: "1" } });
    return { key: `shop/web-${index}`, pod: made };
  });
  const nodePools = [nodePool()];
  const input: SolveInput = {
    pods: pending,
    nodePools,
    instanceTypes: new Map([["general-flex", types]]),
    ...{ daemonSets: [], nodes: [], namespaces: new Map([["shop", {}]]) },
  };
  const snapshot = snapshotOf([service({ app: "web" })]);

  it("Pods are spread as kube-scheduler will, and the checker reads their constraints as if they were their own", () => {
    const pods = withDefaultSpread(pending, { snapshot, defaults });
    const plan = solve({ ...input, pods });
    const zones = plan.newNodes.map(({ zones: possible }) => possible.join());
    expect(new Set(zones).size).toBe(3);
    const spelled = (list: readonly PendingPod[]) =>
      list.map(({ key, pod: one, defaultSpread = [] }) => ({
        key,
        pod: { ...one, spec: { ...one.spec, topologySpreadConstraints: defaultSpread } },
      }));
    const asTheirOwn = { ...plan, newNodes: plan.newNodes.map((planned) => ({ ...planned, pods: spelled(planned.pods) })) };
    expect(planFaults({ ...input, pods: spelled(pods) }, asTheirOwn)).toEqual([]);
    // Without them all six would stand on one node.
    expect(solve(input).newNodes).toHaveLength(1);
  });

  it("Pods that run already count, and those of another ReplicaSet do not", () => {
    const counted = replicaSet({ name: "web-1", podLabels: { app: "web" } });
    const owner = { ...ownerReference(counted), controller: true };
    const pods = withDefaultSpread(
      [0, 1].map((index) => ({
        key: `shop/web-${index}`,
        pod: pod({ name: `web-${index}`, labels: webLabels, owner, requests: { cpu: "1" } }),
      })),
      { snapshot: snapshotOf([counted]), defaults },
    );
    const running = (name: string, labels: Readonly<Record<string, string>>) => pod({ name, labels, spec: { nodeName: "node-a" } });
    const zonesWith = (labels: Readonly<Record<string, string>>) =>
      solve({ ...input, pods, nodes: [standing("node-a", "ap-southeast-1a", [running("old", labels)])] })
        .newNodes.flatMap(({ zones: possible }) => possible.join())
        .sort();
    expect(zonesWith({ app: "web" })).toEqual(["ap-southeast-1b", "ap-southeast-1c"]);
    expect(zonesWith({ app: "api" })).not.toEqual(["ap-southeast-1b", "ap-southeast-1c"]);
  });

  it("what kube-scheduler only prefers costs nothing, and is heeded where it may be", () => {
    const wish: TopologySpreadConstraint = { ...overZones, whenUnsatisfiable: "ScheduleAnyway" };
    const pods = withDefaultSpread(pending, { snapshot, defaults: { "": [wish] } });
    const heeding = solve({ ...input, pods });
    expect(heeding.pricePerHour).toBeCloseTo(solve(input).pricePerHour, 9);
    expect(heeding.unschedulable).toEqual([]);
  });
});

/** A node that holds no more Pods. */
function standing(name: string, zone: string, pods: readonly Pod[]): SolveInput["nodes"][number] {
  const none = { cpu: 0, memory: 0, pods: 0 };
  const labels = { [zoneLabel]: zone, [hostnameLabel]: name, "workload-class": "general" };
  return { name, labels, taints: [], allocatable: none, capacity: none, pods, initialized: true, accepting: true, planned: new Map() };
}

it("live Pods of which each counts the other get their node one after the other", () => {
  const owner = replicaSet({ name: "web-1", podLabels: { app: "web" } });
  const waiting = ["a", "b"].map((name) => pod({ name, labels: webLabels, owner: { ...ownerReference(owner), controller: true } }));
  const names = platformNames();
  const nodeClaim: NodeClaim = {
    ...{ apiVersion: "karpenter.sh/v1", kind: "NodeClaim" },
    metadata: { name: "n", annotations: { [names.plannedPodsAnnotation]: `${podClassHash(pod({ labels: webLabels }))}=2` } },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  };
  const told = (stated: DefaultSpreads | undefined) =>
    hintedPods({
      ...{ nodeClaim, names, bound: [], told: [], waiting, classOf: podClassHash },
      spreadOf: spreadLookup({ snapshot: snapshotOf([owner]), defaults: stated }),
    }).map(({ metadata }) => metadata.name);
  expect([told(undefined), told(defaults)]).toEqual([["a", "b"], ["a"]]);
});

describe("--scheduler-config", () => {
  const config = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- pluginConfig:
  - name: PodTopologySpread
    args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: ${zoneLabel}, whenUnsatisfiable: DoNotSchedule}]}
`;

  it("a plan of files spreads a Deployment's Pods over the zones", async () => {
    const folder = folderOf({ "config.yaml": config, "web.yaml": deploymentText({ spec: "replicas: 3" }) });
    const zonesWith = async (...flags: readonly string[]) => {
      const { stdout } = await runPlimsoll(["plan", "-o", "json", ...flags, infrastructureFile, `${folder}/web.yaml`]);
      return new Set((JSON.parse(stdout) as { nodes: readonly { zone: string }[] }).nodes.map(({ zone }) => zone)).size;
    };
    expect([await zonesWith(), await zonesWith("--scheduler-config", `${folder}/config.yaml`)]).toEqual([1, 3]);
  });

  it("whatif keeps it where another constraint is left out, and leaves it out with spread", async () => {
    const folder = folderOf({ "config.yaml": config, "web.yaml": deploymentText({ spec: "replicas: 3" }) });
    const nodesWithout = async (constraint: string) => {
      const flags = ["--scheduler-config", `${folder}/config.yaml`, "--without-constraint", constraint];
      const { stdout } = await runPlimsoll(["whatif", "-o", "json", ...flags, infrastructureFile, `${folder}/web.yaml`]);
      return (JSON.parse(stdout) as { after: { nodes: number } }).after.nodes;
    };
    expect([await nodesWithout("nodeSelector"), await nodesWithout("spread")]).toEqual([3, 1]);
  });

  it("a file that kube-scheduler would refuse is refused, with its name and the path in it", async () => {
    const folder = folderOf({ "config.yaml": config.replace("maxSkew: 1", "maxSkew: -1"), "web.yaml": deploymentText() });
    const { code, stderr } = await runPlimsoll(["plan", "--scheduler-config", `${folder}/config.yaml`, `${folder}/web.yaml`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("args.defaultConstraints[0].maxSkew is -1") as string });
    const absent = await runPlimsoll(["plan", "--scheduler-config", `${folder}/absent.yaml`, `${folder}/web.yaml`]);
    expect(absent.stderr).toContain("absent.yaml can't be read");
  });
});

interface Around {
  readonly services?: readonly KubeObject[];
  readonly owner?: KubeObject;
  /** False for an owner that is not the controller; and then it is not there either. */
  readonly isOwned?: boolean;
}

function replicationController(selector: Readonly<Record<string, string>>): KubeObject {
  const { metadata, spec } = replicaSet();
  return withSelector({ apiVersion: "v1", kind: "ReplicationController", metadata, spec }, selector);
}

function withSelector<T extends KubeObject & { readonly spec: object }>(object: T, selector: object): T {
  return { ...object, spec: { ...object.spec, selector } };
}

function service(selector: Readonly<Record<string, string>> | undefined, namespace = "shop"): KubeObject & { readonly spec: object } {
  const name = `web-${JSON.stringify(selector ?? "").length}`;
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: selector === undefined ? {} : { selector } };
}

/** The selector that a Pod with these around it is given. */
function given({ services = [], owner, isOwned = true }: Around, spec: Partial<Pod["spec"]> = {}) {
  const owned = owner === undefined ? {} : { owner: { ...ownerReference(owner), controller: isOwned } };
  const one = pod({ name: "web-0", labels: webLabels, spec, ...owned });
  const snapshot = snapshotOf([...services, ...(owner === undefined || !isOwned ? [] : [owner])]);
  const [found] = withDefaultSpread([{ key: "shop/web-0", pod: one }], { snapshot, defaults });
  return found?.defaultSpread?.map(({ labelSelector }) => labelSelector)[0];
}

function ownerReference({ apiVersion, kind, metadata: { name = "", uid = "" } }: KubeObject) {
  return { apiVersion, kind, name, uid };
}

/** Which labels count with the Pod's, and which do not. */
function check(
  name: string,
  around: Around,
  counted: readonly Readonly<Record<string, string>>[] | "none",
  others: readonly object[] = [],
): void {
  it(name, () => {
    const selector = given(around);
    if (counted === "none") {
      expect(selector).toBeUndefined();
      return;
    }
    expect(counted.map((labels) => matchesSelector(selector, labels))).toEqual(counted.map(() => true));
    expect(others.map((labels) => matchesSelector(selector, { ...labels }))).toEqual(others.map(() => false));
  });
}
