/**
 * Where plans put Pods with persistent volumes, and what they say of those that no node can take.
 */
import { describe, expect, it } from "vitest";
import { hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { Pod, Volume } from "../../../src/api/pod.ts";
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../../src/api/storage.ts";
import { podRequirements } from "../../../src/kube/pod-requirements.ts";
import { volumePlaces, type VolumeWorld } from "../../../src/provisioner/scheduling/pod-volumes.ts";
import { pod } from "../../support/objects.ts";
import { checkoutPods, plan, podsByZone, zones, zoneSpread } from "./checkout.ts";

const [zoneA = "", zoneB = "", zoneC = ""] = zones;

function claim(name: string, of: Partial<PersistentVolumeClaim> = {}, bound = "yes"): PersistentVolumeClaim {
  const annotations = { "pv.kubernetes.io/bind-completed": bound };
  const base = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace: "shop", annotations } };
  return { ...base, spec: { volumeName: name }, ...of };
}

function volume(name: string, key: string, ...terms: string[][]): PersistentVolume {
  const nodeSelectorTerms = terms.map((values) => ({ matchExpressions: [{ key, operator: "In" as const, values }] }));
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec: { nodeAffinity: { required: { nodeSelectorTerms } } } };
}

function storageClass(name: string, of: Partial<StorageClass> = {}): StorageClass {
  const base = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name }, provisioner: "ebs.csi.aws.com" };
  return { ...base, volumeBindingMode: "WaitForFirstConsumer", ...of };
}

const allowed = (...values: string[]): Partial<StorageClass> => ({
  allowedTopologies: [{ matchLabelExpressions: [{ key: "topology.ebs.csi.aws.com/zone", values }] }],
});
const world: VolumeWorld = {
  claims: [
    ...["in-b", "in-b-or-c", "nowhere", "on-a-host"].map((name) => claim(name)),
    ...["late", "only-c", "eager", "unknown", "local", ""].map((name) => claim(`class-${name}`, { spec: { storageClassName: name } })),
    claim("default", { spec: {} }),
    claim("lost", { status: { phase: "Lost" } }),
    claim("binding", { metadata: { name: "binding", namespace: "shop" }, spec: { volumeName: "in-b" } }),
    claim("going", { metadata: { name: "going", namespace: "shop", deletionTimestamp: "2026-01-01T00:00:00Z" } }),
  ],
  volumes: [
    volume("in-b", "topology.ebs.csi.aws.com/zone", [zoneB]),
    volume("in-b-or-c", zoneLabel, [zoneB], [zoneC]),
    volume("on-a-host", hostnameLabel, ["node-7"]),
  ],
  classes: [
    storageClass("late", { metadata: { name: "late", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } }),
    storageClass("only-c", allowed(zoneC)),
    storageClass("eager", { volumeBindingMode: "Immediate" }),
    storageClass("local", { provisioner: "kubernetes.io/no-provisioner" }),
  ],
};

const mounted = (...names: string[]): { readonly volumes: readonly Volume[] } => ({
  volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
});
const db = (...names: string[]): Pod => pod({ name: "db", requests: { cpu: "500m" }, spec: mounted(...names) });
const planned = (one: Pod) => plan([{ key: "shop/db", pod: one }], { volumes: world });

describe("a Pod goes where its volumes are", () => {
  it.each([
    ["a bound volume", ["in-b"], [zoneB]],
    ["a volume of two terms", ["in-b-or-c"], [zoneB, zoneC]],
    ["a class that waits for it", ["class-late"], [zoneA, zoneB, zoneC]],
    ["the default class", ["default"], [zoneA, zoneB, zoneC]],
    ["a class of one zone", ["class-only-c"], [zoneC]],
    ["two volumes that meet in one zone", ["in-b-or-c", "class-only-c"], [zoneC]],
  ])("%s", (_, names, expected) => {
    const { newNodes, unschedulable } = planned(db(...names));
    expect(unschedulable.map(({ reasons }) => reasons)).toEqual([]);
    expect(newNodes).toHaveLength(1);
    for (const { zone } of newNodes) expect(expected).toContain(zone);
    const places = volumePlaces(world)(db(...names));
    expect(places?.ok).toBe(true);
  });

  it("with a volume of its own, as that will be made by its class", () => {
    const spec = { volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: { storageClassName: "only-c" } } } }] };
    expect(planned(pod({ name: "db", requests: { cpu: "500m" }, spec })).newNodes.map(({ zone }) => zone)).toEqual([zoneC]);
  });

  it("and its spread counts as if it had none", () => {
    const { minDomains, ...spread } = zoneSpread;
    expect(minDomains).toBe(3);
    const spec = { topologySpreadConstraints: [spread] };
    const pods = [
      ...checkoutPods(3, spec),
      ...checkoutPods(2, { ...spec, ...mounted("in-b") }).map((one, at) => ({ ...one, key: `shop/tied-${at}` })),
    ];
    const zonesOf = podsByZone(plan(pods, { volumes: world }));
    expect(Math.max(...Object.values(zonesOf)) - Math.min(...Object.values(zonesOf))).toBeLessThanOrEqual(1);
    expect(zonesOf[zoneB]).toBeGreaterThanOrEqual(2);
  });
});

describe("a Pod without a place for its volumes says so", () => {
  it.each([
    ["not-there", "PersistentVolumeClaim shop/not-there, which it mounts, does not exist; create it"],
    ["nowhere", "PersistentVolume nowhere of PersistentVolumeClaim nowhere does not exist; restore it"],
    ["lost", "PersistentVolumeClaim lost has lost its volume; restore the volume or create the claim again"],
    ["going", "PersistentVolumeClaim going is being deleted; wait until it is gone and create it again"],
    ["binding", "PersistentVolumeClaim binding is being bound to in-b; nothing is bought before it is"],
    [
      "class-eager",
      "PersistentVolumeClaim class-eager waits for its volume, as StorageClass eager binds at once (volumeBindingMode Immediate)",
    ],
    ["class-unknown", "StorageClass unknown of PersistentVolumeClaim class-unknown does not exist; create it or name another"],
    ["class-local", "PersistentVolumeClaim class-local finds no free PersistentVolume of StorageClass local; create one"],
    ["class-", "PersistentVolumeClaim class- has no storage class and waits for a volume; create a PersistentVolume for it"],
  ])("%s", (name, says) => {
    const { unschedulable, newNodes } = planned(db(name));
    expect(newNodes).toEqual([]);
    expect(unschedulable.map(({ reasons }) => reasons)).toEqual([[says]]);
  });

  it("where they exclude each other, and where they exclude what else it asks for", () => {
    expect(planned(db("in-b", "class-only-c")).unschedulable[0]?.reasons).toEqual([
      `its volumes are in different places: class-only-c in ${zoneLabel} In [${zoneC}], others in ${zoneLabel} In [${zoneB}]`,
    ]);
    const inA = pod({ name: "db", spec: { ...mounted("in-b"), nodeSelector: { [zoneLabel]: zoneA } } });
    expect(podRequirements(inA.spec)).toHaveLength(1);
    expect(planned(inA).unschedulable[0]?.reasons).toEqual([
      `its volumes are in ${zoneLabel} In [${zoneB}], and its node selector and affinity ask for ${zoneLabel} In [${zoneA}]`,
    ]);
  });

  it("where no new node can be the one that has it", () => {
    expect(planned(db("on-a-host")).newNodes).toEqual([]);
  });
});
