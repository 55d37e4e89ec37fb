/**
 * Large reviews: whatever is in an object, it is judged within the counted steps, or refused in words.
 *
 * Objects are filled from the schemas, list by list (large-object.ts), over a crowded world (large-world.ts). CI asserts on verdicts and
 * counted steps, which are the same on every machine; the long run also on the CPU time that each review takes.
 */
import { expect, it } from "vitest";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { platformNames } from "../../../src/api/labels.ts";
import { heldObject } from "../../../src/cluster/held-object.ts";
import { heldPartOf } from "../../../src/kube/held-part.ts";
import { workloadOf } from "../../../src/kube/workload.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import type { AdmissionContext } from "../../../src/policies/admission-context.ts";
import type { AdmissionRequest } from "../../../src/policies/admission-request.ts";
import { mutate, validate } from "../../../src/policies/evaluate.ts";
import { tooMuchRule } from "../../../src/policies/findings.ts";
import { reviewStepsMax } from "../../../src/policies/review-steps.ts";
import type { Verdict } from "../../../src/policies/verdict.ts";
import { policySet, requestFor, testNow } from "../../support/admission.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { randomOf } from "../../webhook/seeded-random.ts";
import { objectFieldsMax } from "../../../src/webhook/review-outline.ts";
import { largeKinds, largeRequest } from "./large-requests.ts";
import { budgetOf, dearScaler, listOf, mapOf, notIn, podWith, updateOf } from "./dear-objects.ts";
import { cpuOfReview, leastCpu } from "./review-cpu.ts";
import { crowdedNamespace, fullCrowd, largeWorld, webDeployment } from "./large-world.ts";

/** What is refused for its size though its steps are few. */
const namedBound = /of at most [12]000$|KiB of memory$/;

/** CPU that a review may take, from its bytes to those of the answer. */
const cpuMaxMs = 250;
/** The same as a multiple of parsing two objects of the most fields, which goes with the machine's speed: some thirty milliseconds. */
const floorsMax = 8;

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const worldOf = (objects: readonly KubeObject[]): AdmissionContext => {
  return { snapshot: snapshotOf(objects), instanceTypes, names: platformNames(), now: testNow };
};
const crowd = worldOf(largeWorld(isLongRun ? fullCrowd : { budgets: 200, autoscalers: 200, services: 200, workloads: 20 }));
const policies = policySet();
const kinds = largeKinds();

const judge = (request: AdmissionRequest, context = crowd): Verdict => {
  const input = { policySet: policies, request, context };
  const mutated = mutate(input);
  return mutated.allowed ? validate(input) : mutated;
};

const isTooMuch = ({ findings }: Verdict): boolean => findings.some(({ rule }) => rule === tooMuchRule);

it(
  "judges any large object within the steps, or refuses it in words, and the same again",
  { timeout: casesOf({ ci: 120_000, long: 7_200_000 }) },
  () => {
    const slowest: { cpu: number; title: string }[] = [];
    for (const { title, request } of cases()) {
      if (isLongRun) {
        slowest.push({ cpu: cpuOfReview(request, crowd), title });
        slowest.sort((a, b) => b.cpu - a.cpu).splice(10);
      }
      const verdict = judge(request);
      if ((verdict.steps ?? 0) > reviewStepsMax) expect([title, isTooMuch(verdict)]).toEqual([title, true]);
      else if (isTooMuch(verdict)) expect([title, verdict.findings[0]?.message]).toEqual([title, expect.stringMatching(namedBound)]);
      if (isTooMuch(verdict)) expect([title, verdict.allowed, verdict.findings.length]).toEqual([title, false, 1]);
      // Nothing is remembered of another copy of it.
      const copy = judge(structuredClone(request));
      expect([title, copy.steps, copy.allowed]).toEqual([title, verdict.steps, verdict.allowed]);
    }
    for (const { cpu, title } of slowest) console.log(`${cpu.toFixed(0)} ms ${title}`);
    expect(slowest.filter(({ cpu }) => cpu > cpuMaxMs)).toEqual([]);
  },
);

/** In CI each 23rd way to a list, in the long run every one five times, with more that is large beside it or not. */
function* cases() {
  const [rounds, step, bytesMax] = isLongRun ? [5, 1, 1_500_000] : [1, 23, 60_000];
  for (const kind of kinds)
    for (let round = 0; round < rounds; round++)
      for (let at = round; at < kind.ways.length; at += step) {
        const random = randomOf(at * 31 + round * 7_919);
        const beside = kind.ways[Math.floor(random() * kind.ways.length)] ?? [];
        const ways = [kind.ways[at] ?? [], ...(random() < 0.4 ? [beside] : [])];
        yield largeRequest(kind, ways, { random, bytesMax, isUpdate: random() < 0.3 });
      }
}

const manyTerms = (count: number): KubeObject => {
  const nodeSelectorTerms = Array.from({ length: count }, (_, index) => ({
    matchExpressions: [{ key: "karpenter.k8s.aws/instance-cpu", operator: "NotIn", values: [`${index}`] }],
  }));
  return withPod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } });
};

const manyResources = (count: number): KubeObject => {
  const requests = Object.fromEntries(Array.from({ length: count }, (_, index) => [`example.com/r${index}`, "1"]));
  return withPod({ containers: [{ name: "app", image: "web", resources: { requests } }] });
};

function withPod(spec: object): KubeObject {
  const web = webDeployment("web") as KubeObject & { readonly spec: { readonly template: { readonly spec: object } } };
  const { template } = web.spec;
  const changed = { ...web, spec: { ...web.spec, template: { ...template, spec: { ...template.spec, ...spec } } } };
  return changed;
}

/** A view holds an outline of it. */
const crowdedPod = { tolerations: Array.from({ length: 2_000 }, (_, index) => ({ key: `example.com/t${index}`, operator: "Exists" })) };

const manyLabels = (count: number): KubeObject => {
  const labels = Object.fromEntries(Array.from({ length: count }, (_, index) => [`example.com/l${index}`, "v"]));
  const web = withPod(crowdedPod) as KubeObject & { readonly spec: { readonly template: { readonly spec: object } } };
  const template = { ...web.spec.template, metadata: { labels: { ...labels, app: "web" } } };
  const changed = { ...web, spec: { ...web.spec, template } };
  return changed;
};

const manyContainers = (count: number): KubeObject =>
  withPod({ containers: Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: "a" })) });

const withFinalizers = (count: number): KubeObject => {
  const web = webDeployment("web") as KubeObject & { readonly spec: { readonly template: { readonly metadata: object } } };
  const { template } = web.spec;
  const metadata = { ...template.metadata, finalizers: Array.from({ length: count }, (_, index) => `example.com/f${index}`) };
  const changed = { ...web, spec: { ...web.spec, template: { ...template, metadata } } };
  return changed;
};

const budgetOver = (count: number): KubeObject => {
  const matchLabels = Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
  const budget = { ...webDeployment("many"), apiVersion: "policy/v1", kind: "PodDisruptionBudget" };
  const wide = { ...budget, spec: { maxUnavailable: 1, selector: { matchLabels } } };
  return wide;
};

/** Long keys: few enough to be looked at, too large for a view to hold. */
const longBudget = (): KubeObject => {
  const matchLabels = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`${"k".repeat(250)}/l${index}`, "v".repeat(63)]));
  const budget = { ...webDeployment("long"), apiVersion: "policy/v1", kind: "PodDisruptionBudget" };
  const long = { ...budget, spec: { maxUnavailable: 1, selector: { matchLabels } } };
  return long;
};

const manyValues = (count: number): KubeObject => {
  const web = withPod(crowdedPod) as KubeObject & { readonly spec: object };
  const values = Array.from({ length: count }, (_, index) => `v${index}`);
  const selector = { matchLabels: { app: "web" }, matchExpressions: [{ key: "app", operator: "NotIn", values }] };
  const changed = { ...web, spec: { ...web.spec, selector } };
  return changed;
};

const refused: readonly (readonly [string, KubeObject, RegExp, RegExp])[] = [
  [
    "nodeSelectorTerms",
    manyTerms(12_000),
    /12000 nodeSelectorTerms (x \d+ instance types of|with 24000 labels x) 20 NodePools/,
    /fewer nodeSelectorTerms/,
  ],
  ["resources", manyResources(10_000), /10000 resources x \d+ instance types of 20 NodePools/, /fewer resources/],
  ["containers", manyContainers(3_000), /3000 containers take 15000000 steps/, /fewer containers/],
  [
    "tolerations",
    withPod({ tolerations: Array.from({ length: 330_000 }, () => ({})) }),
    /330000 tolerations x 20 NodePools/,
    /fewer tolerations/,
  ],
  [
    "problems of one rule",
    withPod({ tolerations: Array.from({ length: 3_000 }, () => ({ operator: "Exists" })) }),
    /3000 problems of DRAIN-034, of at most 2000/,
    /DRAIN-034/,
  ],
  ["finalizers of pods", withFinalizers(150_000), /150000 finalizers of pods/, /fewer finalizers/],
  ["labels of a selector", budgetOver(20_000), /a selector of 20000 labels and values, of at most 1000/, /in common/],
  ["a budget that no view holds", longBudget(), /^too much to hold: .* the spec may take 64 KiB/, /spec smaller/],
  [
    "labels beside much else",
    manyLabels(200),
    /^too much to hold: of an object of more than 128 KiB the labels of its pods may take 8 KiB/,
    /fewer labels/,
  ],
  ["values of a selector beside much else", manyValues(400), /^too much to hold: .* the selector may take 4 KiB/, /fewer labels/],
];

/** The dearest things that are within all bounds, and those that were found to cost seconds. */
const dear: readonly (readonly [string, AdmissionRequest])[] = [
  ["fields of an update", updateOf((count) => withPod({ nodeSelector: mapOf(count, (index) => [`example.com/k${index}`, "v"]) }), 29_000)],
  ["fields beside many autoscalers", updateOf((count) => dearScaler(mapOf(count, (index) => [`k${index}`, "v"])), 29_000)],
  ["too many fields", updateOf((count) => withPod({ nodeSelector: mapOf(count, (index) => [`example.com/k${index}`, "v"]) }), 60_000)],
  ["finalizers that are added", updateOf(podWith, 90_000)],
  ["one label asked for in many expressions", requestFor(withPod({ affinity: notIn(9_000) }))],
  ["a percentage of a million digits", requestFor(budgetOf("9".repeat(1_000_000)))],
  ["lists of nothing", requestFor(withPod({ containers: listOf(90_000, () => null) }))],
];

it(
  "takes at most a few times what parsing two objects of the most fields takes",
  { timeout: casesOf({ ci: 60_000, long: 600_000 }) },
  () => {
    const text = JSON.stringify(mapOf(2 * objectFieldsMax, (index) => [`example.com/k${index}`, "v"]));
    const floor = leastCpu(() => void JSON.parse(text));
    const slow = dear.map(([what, request]) => ({ what, cpu: cpuOfReview(request, crowd) / floor })).filter(({ cpu }) => cpu > floorsMax);
    expect(slow).toEqual([]);
  },
);

it("leaves of what it lets in enough to be selected by, whatever else is in it", () => {
  for (const object of [manyLabels(60), manyValues(60)]) {
    expect(isTooMuch(judge(requestFor(object)))).toBe(false);
    const [held, whole] = [heldObject(object), object].map(workloadOf);
    expect(heldPartOf(heldObject(object))).toBe("outline");
    expect([held?.template.metadata?.labels, held?.selector]).toEqual([whole?.template.metadata?.labels, whole?.selector]);
  }
});

it.each(refused)("says what was too much, and the fix: %s", (_what, object, message, fix) => {
  for (const request of [requestFor(object), requestFor(object, { old: webDeployment("web") })]) {
    const { allowed, findings } = judge(request);
    expect(allowed).toBe(false);
    expect(findings).toMatchObject([
      { rule: "SYS-003", action: "deny", message: expect.stringMatching(message) as string, fix: expect.stringMatching(fix) as string },
    ]);
  }
});

it("refuses to compile a Pod of such a workload, too", () => {
  const huge = manyTerms(40_000);
  const template = (huge as KubeObject & { readonly spec: { readonly template: { readonly spec: object } } }).spec.template;
  const set = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: "web-1",
      namespace: crowdedNamespace,
      uid: "uid-set",
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web", controller: true }],
    },
    spec: { template },
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1-x",
      namespace: crowdedNamespace,
      labels: { app: "web" },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-set", controller: true }],
    },
    spec: template.spec,
  };
  const context = worldOf([...largeWorld({ budgets: 0, autoscalers: 0, services: 0, workloads: 0 }), huge, set]);
  const { allowed, findings } = mutate({ policySet: policies, request: requestFor(pod), context });
  expect([allowed, findings.map(({ rule }) => rule)]).toEqual([false, ["SYS-003"]]);
});

it("judges what is lawful and large: 20 terms, 50 resources, 200 containers, and any workload under 5,000 budgets and autoscalers", () => {
  const containers = Array.from({ length: 200 }, (_, index) => ({
    name: `c${index}`,
    image: "a",
    resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "2Mi" } },
  }));
  for (const object of [manyTerms(20), manyResources(50), withPod({ containers, initContainers: containers })])
    expect(isTooMuch(judge(requestFor(object)))).toBe(false);
  const context = worldOf(largeWorld({ ...fullCrowd, workloads: 50 }));
  const { findings, steps = 0 } = judge(requestFor(webDeployment("web")), context);
  expect(findings.map(({ rule }) => rule)).toContain("DRAIN-005");
  expect(steps).toBeLessThan(reviewStepsMax / 2);
});

it("counts budgets over labels that controllers add against each pod of the namespace", () => {
  const at = (kind: string, index: number) => ({ name: `${kind}-${index}`, namespace: crowdedNamespace });
  const pods = Array.from({ length: 1_000 }, (_, index) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...at("pod", index), labels: { app: "web", "pod-template-hash": "abc" } },
    spec: { containers: [] },
  }));
  const budgetOf = (index: number) => ({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: at("budget", index),
    spec: { maxUnavailable: 1, selector: { matchLabels: { "pod-template-hash": `h${index}` } } },
  });
  const verdictBeside = (count: number): Verdict => {
    const standing = [...pods, ...Array.from({ length: count }, (_, index) => budgetOf(index))];
    const world = largeWorld({ budgets: 0, autoscalers: 0, services: 0, workloads: 0 });
    return judge(requestFor(budgetOf(9_999)), worldOf([...world, ...standing]));
  };
  expect(isTooMuch(verdictBeside(10))).toBe(false);
  const { findings } = verdictBeside(1_000);
  expect(findings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^too much to judge: 1000 pods that budgets may select x 100\d selectors over labels that controllers add take/),
  ]);
});

it("looks at the judged budget among however many", () => {
  const context = worldOf(largeWorld({ budgets: 100, autoscalers: 0, services: 0, workloads: 3 }));
  const last = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "zz", namespace: crowdedNamespace },
    spec: { minAvailable: 50, selector: { matchLabels: { app: "web" } } },
  };
  const rules = judge(requestFor(last), context).findings.map(({ rule, message }) => `${rule} ${message.includes('"zz"')}`);
  expect(rules).toEqual(expect.arrayContaining(["DRAIN-002 true", "DRAIN-005 true"]));
});
