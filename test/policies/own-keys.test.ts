/** What of our domain is ours is computed anew on every Pod, and never believed from a template or a person. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { applyJsonPatch } from "../../src/kube/json-patch.ts";
import { closedWindowOf } from "../../src/kube/pod-protection.ts";
import { mutate, validate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor, testNow } from "../support/admission.ts";
import { deployment, pod, profile, replicaSet } from "../support/objects.ts";

const policies = policySet();
const names = platformNames();
const never = JSON.stringify([{ schedule: "0 0 31 2 *", duration: "1m" }]);
const forged = {
  labels: { app: "web", [names.profileHashLabel]: "forged", [names.onDemandFloorLabel]: "true" },
  annotations: { [names.disruptionWindowAnnotation]: never, [names.compiledAnnotation]: "{}", "example.com/own": "stays" },
};

describe("a Pod that claims what we compute", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-shop-web-1", controller: true };
  const above = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true };
  const claiming = pod({ name: "web-1-a", owner, ...forged });
  const world = [deployment(), replicaSet({ name: "web-1", owner: above })];
  const own = (key: string): boolean => key.startsWith(names.domain);

  it("loses all of it where no profile binds", () => {
    const { labels, annotations } = mutated(claiming, world).metadata;
    expect([Object.keys(labels ?? {}).filter(own), annotations]).toEqual([[names.workloadClassLabel], { "example.com/own": "stays" }]);
  });
  it("loses it where its profile can't be told", () => {
    const two = ["a", "b"].map((name) => profile({ name, spec: { bind: { selector: { matchLabels: { app: "web" } } } } }));
    expect(Object.keys(mutated(claiming, [...world, ...two]).metadata.labels ?? {})).toEqual(["app"]);
  });
  it("has what its profile computes instead", () => {
    const { labels, annotations } = mutated(claiming, [...world, profile()]).metadata;
    expect(labels?.[names.profileHashLabel]).toMatch(/^(?!forged)/);
    expect([labels?.[names.onDemandFloorLabel], annotations?.[names.disruptionWindowAnnotation]]).toEqual([undefined, undefined]);
    expect(annotations?.[names.compiledAnnotation]).toContain('"profile":"web"');
  });
  it("keeps the windows of its profile", () => {
    const windowed = profile({ spec: { disruption: { window: [{ schedule: "0 2 * * 6", duration: "4h" }] } } });
    expect(mutated(claiming, [...world, windowed]).metadata.annotations?.[names.disruptionWindowAnnotation]).toContain("0 2 * * 6");
  });
  it("keeps what its profile would compute where that only checks, and nothing else", () => {
    const checked = profile({ spec: { validateOnly: true, disruption: { window: [{ schedule: "0 2 * * 6", duration: "4h" }] } } });
    const windowed = { ...checked, spec: { ...checked.spec, validateOnly: false } };
    const computed = mutated(claiming, [...world, windowed]).metadata;
    const right = pod({ name: "web-1-a", owner, labels: { ...computed.labels }, annotations: { ...computed.annotations } });
    const kept = mutated(right, [...world, checked]).metadata;
    expect(kept.annotations?.[names.disruptionWindowAnnotation]).toContain("0 2 * * 6");
    expect(kept.labels?.[names.profileHashLabel]).toBe(computed.labels?.[names.profileHashLabel]);
    expect(Object.keys(mutated(claiming, [...world, checked]).metadata.annotations ?? {})).toEqual(["example.com/own"]);
  });
  it("is changed once: a second look finds nothing to do", () => {
    const first = mutated(claiming, [...world, profile()]);
    expect(mutated(first, [...world, profile()])).toEqual(first);
  });
  it("keeps a label that its selector asks for, or it would be made again for ever", () => {
    const asked = deployment({ podLabels: { app: "web", [names.profileHashLabel]: "forged" } });
    expect(mutated(claiming, [asked, world[1] ?? asked]).metadata.labels?.[names.profileHashLabel]).toBe("forged");
  });
});

describe("a window", () => {
  const closed = (schedule: string) =>
    closedWindowOf(pod({ annotations: { [names.disruptionWindowAnnotation]: JSON.stringify([{ schedule, duration: "1h" }]) } }), {
      now: testNow,
      disruptionWindowAnnotation: names.disruptionWindowAnnotation,
      deadline: undefined,
    });
  it.each(["0 0 31 2 *", "0 0 29 2 *"])("that does not open within a year holds no Pod: %s", (schedule) => {
    expect(closed(schedule)).toBeUndefined();
  });
  it("that opens once a year holds its Pods until then", () => {
    expect(closed("0 0 1 6 *")?.opensAt).toBe(Date.parse("2027-06-01T00:00:00Z"));
  });
  check(
    "that never opens is refused in a profile",
    profile({ spec: { disruption: { window: [{ schedule: "0 0 31 2 *", duration: "1h" }] } } }),
    undefined,
    ["WP-007 deny"],
  );
});

describe("our keys in a manifest", () => {
  const bare = deployment();
  const templated = deployment({ podAnnotations: { [names.disruptionWindowAnnotation]: never } });
  const labelled = deployment({ labels: { [names.profileHashLabel]: "x" } });
  const rolled = deployment({ podAnnotations: { [names.rolledContractAnnotation]: "x", [names.surgedForAnnotation]: "uid" } });
  check("in a template are told", templated, undefined, ["META-001 warn"]);
  check("on the object are told", labelled, undefined, ["META-001 warn"]);
  check("are told when an update brings them", templated, bare, ["META-001 warn"]);
  check(
    "that stand already are not told again",
    { ...templated, metadata: { ...templated.metadata, labels: { [names.costOwnerLabel]: "a" } } },
    templated,
    [],
  );
  check("that make a template roll may come with an exported one", rolled, undefined, []);
  check("that make a template roll are told where a person writes them", rolled, bare, ["META-001 warn", "META-001 warn"]);
  check(
    "of people are theirs",
    deployment({ labels: { [names.costOwnerLabel]: "a", [names.workloadClassLabel]: "general", "platform.example.com/team": "a" } }),
    undefined,
    [],
  );
  check("that are nearly theirs are told", deployment({ labels: { "platform.example.com/workload-clas": "general" } }), undefined, [
    "META-002 warn",
  ]);
});

function mutated(object: Pod, world: readonly KubeObject[]): Pod {
  const { patch } = mutate({ policySet: policies, request: requestFor(object), context: contextOf(world) });
  const result = applyJsonPatch(object, patch);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function check(name: string, object: KubeObject, old: KubeObject | undefined, expected: readonly string[]): void {
  it(name, () => {
    const request = requestFor(object, old === undefined ? {} : { old });
    const { findings } = validate({ policySet: policies, request, context: contextOf(old === undefined ? [] : [old]) });
    const own = findings.filter(({ rule }) => rule.startsWith("META") || rule === "WP-007");
    expect(own.map(({ rule, action }) => `${rule} ${action}`)).toEqual(expected);
  });
}
