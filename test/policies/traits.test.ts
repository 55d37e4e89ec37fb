/**
 * Traits against their twin, which asks every rule: a rule that is not asked would have found nothing.
 *
 * Over every rule's own examples, alone and thrown together, with each of their objects judged in turn, and the scales of those
 * that have one.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { gatherFacts } from "../../src/policies/facts.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { usualSubjects } from "../../src/policies/rules/rule.ts";
import { meetsNeeds, traitsOf } from "../../src/policies/traits.ts";
import { contextOf, policiesText, policySet, requestFor } from "../support/admission.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const usual = policySet();

interface Case {
  readonly objects: readonly KubeObject[];
  readonly policies: PolicySet;
}

const cases = allRules.flatMap(({ examples }): readonly Case[] => {
  const policies = examples.policies === undefined ? usual : policySet(`${policiesText}\n${examples.policies}`);
  return [examples.admitted, examples.denied].map((text) => ({
    objects: parseAllDocuments(text).map((document) => document.toJS() as KubeObject),
    policies,
  }));
});

function scaleOf({ metadata: { name, namespace } }: KubeObject, replicas: number): KubeObject & { readonly spec: object } {
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { ...(name && { name }), ...(namespace && { namespace }) },
    spec: { replicas },
  };
}

/** Returns the rules that find something in an object, and those of them that its traits leave out. */
function judged(
  object: KubeObject,
  { objects, policies }: Case,
): { readonly finding: readonly string[]; readonly leftOut: readonly string[] } {
  const isIt = ({ kind, metadata }: KubeObject) => kind === object.kind && metadata.name === object.metadata.name;
  const old = objects.find((one) => isIt(one) && one !== object);
  const request = requestFor(object, old === undefined ? {} : { old });
  const facts = gatherFacts({
    policySet: policies,
    request,
    context: contextOf(
      objects.filter((one) => one !== object),
      instanceTypes,
    ),
  });
  const traits = traitsOf(facts);
  const { kind } = facts.subject;
  const asked = allRules.filter(({ subjects = usualSubjects }) => subjects.some((one) => one === kind));
  const finding = asked.filter((rule) => rule.judge(facts, policies.rules.get(rule.id)?.params ?? {}).length > 0);
  return {
    finding: finding.map(({ id }) => id),
    leftOut: finding.filter(({ needs = [] }) => !meetsNeeds(needs, traits)).map(({ id }) => id),
  };
}

describe("a rule that needs what a request lacks", () => {
  it("would have found nothing in any object of any rule's examples", () => {
    const found = cases.flatMap((one) => one.objects.map((object) => judged(object, one)));
    expect(new Set(found.flatMap(({ finding }) => finding)).size).toBeGreaterThan(100);
    expect(found.flatMap(({ leftOut }) => leftOut)).toEqual([]);
  });

  it("would have found nothing where the objects of several examples stand together", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...cases], { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(4), (several, rank, replicas) => {
        const [{ policies } = { policies: usual }] = several;
        const objects = several.flatMap((one) => one.objects);
        const object = objects[rank % objects.length];
        if (object === undefined) return;
        expect(judged(object, { objects, policies }).leftOut).toEqual([]);
        expect(judged(scaleOf(object, replicas), { objects, policies }).leftOut).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("would have found nothing in an object that has taken over parts of others", () => {
    const graft = fc.record({ rank: fc.nat(), depth: fc.nat(), into: fc.nat() });
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.array(graft, { minLength: 1, maxLength: 4 }), (rank, position, grafts) => {
        const one = cases[rank % cases.length];
        const object = one?.objects[position % one.objects.length];
        if (one === undefined || object === undefined) return;
        const grafted = grafts.reduce(
          (grown, { rank: of, depth, into }) => withPart(grown, partsOf(shapes[of % shapes.length], depth), into),
          object,
        );
        const objects = one.objects.map((own) => (own === object ? grafted : own));
        expect(judged(grafted, { ...one, objects }).leftOut).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });
});

it("a Rollout with nulls, which its CRD lets stand, is judged as one without them", () => {
  const deployments = cases.flatMap((one) => one.objects.filter(({ kind }) => kind === "Deployment").map((object) => ({ one, object })));
  expect(deployments.length).toBeGreaterThan(20);
  for (const { one, object } of deployments) {
    const rollout = { ...object, apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" };
    const others = one.objects.filter((own) => own !== object);
    const finding = (judgedOne: KubeObject) => judged(judgedOne, { ...one, objects: [...others, judgedOne] }).finding;
    expect(finding(withNulls(rollout))).toEqual(finding(rollout));
  }
});

const podNulls = [
  "volumes",
  "nodeSelector",
  "initContainers",
  "affinity",
  "tolerations",
  "topologySpreadConstraints",
  "securityContext",
  "overhead",
];
const containerNulls = ["resources", "ports", "env", "volumeMounts", "lifecycle", "readinessProbe", "securityContext"];

/** The object with null for what it does not say. */
function withNulls(object: KubeObject): KubeObject {
  const copy = structuredClone(object);
  const spec = memberAt(copy, ["spec", "template", "spec"]);
  const fill = (at: unknown, names: readonly string[]) => {
    if (isRecord(at)) for (const name of names) at[name] ??= null;
  };
  fill(memberAt(copy, ["spec"]), ["replicas", "selector", "strategy"]);
  fill(memberAt(copy, ["spec", "template", "metadata"]), ["annotations", "finalizers"]);
  fill(spec, podNulls);
  for (const container of isRecord(spec) && Array.isArray(spec["containers"]) ? (spec["containers"] as unknown[]) : [])
    fill(container, containerNulls);
  return copy;
}

/** Objects that carry a Pod template or a Pod's spec, whose parts fit into each other. */
const shapes = cases.flatMap(({ objects }) => objects.filter((object) => podHolder(object) !== undefined));

interface Part {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Where an object keeps the Pods that it makes: metadata and spec. */
function podHolder(object: KubeObject): readonly string[] | undefined {
  const paths = { Pod: [], CronJob: ["spec", "jobTemplate", "spec", "template"] } as Readonly<Record<string, readonly string[]>>;
  const path = paths[object.kind] ?? ["spec", "template"];
  return isRecord(memberAt(object, [...path, "spec"])) ? path : undefined;
}

/** One member of the Pods' metadata, of their spec, or of their first container. */
function partsOf(object: KubeObject | undefined, depth: number): Part | undefined {
  const holder = object === undefined ? undefined : podHolder(object);
  if (object === undefined || holder === undefined) return undefined;
  const parts = [["metadata"], ["spec"], ["spec", "containers", "0"]].flatMap((path) => {
    const from = memberAt(object, [...holder, ...path]);
    return isRecord(from) ? Object.entries(from).map(([name, value]): Part => ({ path: [...path, name], value })) : [];
  });
  return parts.filter(({ path }) => !["name", "namespace", "uid", "containers"].includes(path.at(-1) ?? ""))[depth % parts.length];
}

/** The object with the part in place of its own, or beside it where both are lists or maps. */
function withPart(object: KubeObject, part: Part | undefined, into: number): KubeObject {
  const holder = podHolder(object);
  if (part === undefined || holder === undefined) return object;
  const copy = structuredClone(object);
  const path = [...holder, ...part.path];
  const target = memberAt(copy, path.slice(0, -1));
  const name = path.at(-1) ?? "";
  if (!isRecord(target)) return object;
  const own = target[name];
  const isBeside = into % 2 === 0;
  if (isBeside && Array.isArray(own) && Array.isArray(part.value)) target[name] = [...(own as unknown[]), ...(part.value as unknown[])];
  else if (isBeside && isRecord(own) && isRecord(part.value)) target[name] = { ...own, ...part.value };
  else target[name] = structuredClone(part.value);
  return copy;
}

function memberAt(from: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    from,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
