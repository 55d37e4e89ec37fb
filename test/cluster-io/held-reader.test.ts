/**
 * A large object that is read as its bytes come is held as it would be if it was parsed whole, however its bytes are cut.
 */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { heldObject } from "../../src/cluster/held-object.ts";
import { heldReader } from "../../src/cluster/held-reader.ts";
import { jsonTokens } from "../../src/cluster/json-tokens.ts";
import { decodeObject } from "../../src/cluster/wire-object.ts";
import { heapBytesOf } from "../../src/kube/heap-bytes.ts";
import { heldPartOf } from "../../src/kube/held-part.ts";
import fc from "../support/properties.ts";

const infos = {
  Deployment: { group: "apps", version: "v1", kind: "Deployment" },
  Pod: { group: "", version: "v1", kind: "Pod" },
  CronJob: { group: "batch", version: "v1", kind: "CronJob" },
  PodTemplate: { group: "", version: "v1", kind: "PodTemplate" },
  PodDisruptionBudget: { group: "policy", version: "v1", kind: "PodDisruptionBudget" },
  WorkloadProfile: { group: "plimsoll.dev", version: "v1alpha1", kind: "WorkloadProfile" },
} as const;

type Kind = keyof typeof infos;

const amount = fc.constantFrom("1m", "250m", "2", "64Mi", "1Gi", "100M", "nonsense");
const name = fc.oneof(fc.constantFrom("cpu", "memory", "ephemeral-storage"), fc.stringMatching(/^[a-z]{1,3}\.io\/[a-z]{1,2}$/));
const amounts = fc.dictionary(name, amount, { maxKeys: 40 });
const container = fc.record(
  {
    name: fc.stringMatching(/^[a-z]{1,9}$/),
    image: fc.string({ unit: "binary" }),
    env: fc.array(fc.record({ name: fc.string(), value: fc.string({ unit: "binary", maxLength: 300 }) })),
    restartPolicy: fc.constant("Always"),
    resources: fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] }),
  },
  { requiredKeys: ["name"] },
);
/** So many of the same make it large. */
const many = fc.constantFrom(0, 1, 2, 70, 1_500);
const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes("__proto__"));
const texts = fc
  .tuple(many, fc.string({ unit: "binary", maxLength: 200 }))
  .map(([count, text]) => Object.fromEntries(Array.from({ length: count }, (_unused, index) => [`k${index}`, text.slice(index % 7)])));
const listOf = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc
    .tuple(many, fc.array(item, { minLength: 1, maxLength: 3 }))
    .map(([count, items]) => Array.from({ length: count }, (_unused, index) => items[index % items.length] as T));
const long = fc.constantFrom("", "x".repeat(5_000), '\u00e9\u{1f600}"\n'.repeat(3_000), "<".repeat(200_000));
const metadata = fc.record({
  labels: texts,
  annotations: fc
    .tuple(texts, long)
    .map(([map, text]) => ({ ...map, "kubectl.kubernetes.io/last-applied-configuration": text, note: text })),
  finalizers: listOf(fc.string()),
  managedFields: listOf(json),
});
const pod = fc.record(
  {
    containers: listOf(container),
    initContainers: listOf(container),
    tolerations: listOf(json),
    overhead: amounts,
    resources: fc.record({ requests: amounts, limits: amounts }),
    nodeSelector: texts,
    schedulerName: long,
  },
  { requiredKeys: ["containers"] },
);
const spec = fc.record({ replicas: fc.nat(), selector: fc.record({ matchLabels: texts }), more: json, strategy: long });

const anyObject = fc.record({ metadata, pod, spec, status: fc.record({ conditions: listOf(json), phase: fc.string() }) }).chain((of) =>
  fc.constantFrom(...(Object.keys(infos) as Kind[])).map((kind) => {
    const template = { metadata: { labels: of.metadata.labels }, spec: of.pod };
    const bodies: Readonly<Partial<Record<Kind, object>>> = {
      Pod: { spec: { nodeName: "n1", ...of.pod }, status: of.status },
      CronJob: { spec: { ...of.spec, jobTemplate: { spec: { ...of.spec, template } } }, status: of.status },
      PodTemplate: { template },
      Deployment: { spec: { ...of.spec, template }, status: of.status },
    };
    return {
      kind,
      object: {
        metadata: { name: "web", namespace: "shop", uid: "u", ...of.metadata },
        ...(bodies[kind] ?? { spec: of.spec, status: of.status }),
      },
    };
  }),
);

function readAs(kind: Kind, text: string, cut: number): KubeObject | undefined {
  const reader = heldReader(infos[kind]);
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += cut) reader.take(bytes.subarray(from, from + cut));
  return reader.end() as KubeObject | undefined;
}

/** The dumb twin: all of it is parsed. */
function parsed(kind: Kind, text: string): KubeObject {
  const object = decodeObject(JSON.parse(text), infos[kind]);
  if (object === undefined) throw new Error("no object");
  return heldObject(object);
}

describe("an object that is read as it comes", () => {
  test("is what is held of it when it is parsed whole", () => {
    const parts = new Set<string | undefined>();
    fc.assert(
      fc.property(anyObject, fc.constantFrom(1, 7, 4_096, 1_000_000), fc.constantFrom(undefined, 1), ({ kind, object }, cut, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        const [read, twin] = [readAs(kind, text, text.length > 100_000 ? Math.max(cut, 999) : cut), parsed(kind, text)];
        parts.add(heldPartOf(twin));
        expect(read).toEqual(twin);
        expect(read === undefined ? undefined : heldPartOf(read)).toBe(heldPartOf(twin));
        expect(heapBytesOf(read, 1e9)).toBeLessThanOrEqual(160 * 1024);
      }),
      { numRuns: 40 },
    );
    expect(parts.size).toBeGreaterThanOrEqual(3);
  });

  test("of a budget with a spec of a megabyte is its name alone", () => {
    const selector = { matchExpressions: Array.from({ length: 50_000 }, () => ({ key: "a", operator: "Exists" })) };
    const text = JSON.stringify({ metadata: { name: "web", namespace: "shop" }, spec: { selector } });
    const read = readAs("PodDisruptionBudget", text, 4_096);
    expect(read === undefined ? undefined : heldPartOf(read)).toBe("name");
    expect(read).toEqual(parsed("PodDisruptionBudget", text));
  });

  test("that is cut off is none", () => {
    expect(() => readAs("Pod", '{"metadata":{"name":"web"},"spec":{"a":"', 4)).toThrow("ends within a value");
  });
});

test("tokens tell the lengths of texts as JavaScript counts them, and pass over what is too deep", () => {
  const lengths: number[] = [];
  const text = '\u00e9\u{1f600}\\"\u2028<\u0001';
  const tokens = jsonTokens(({ kind, length }) => {
    if (kind === "long") lengths.push(length);
  }, 3);
  const escaped = JSON.stringify(text).replace("<", "\\u003c");
  for (const byte of Buffer.from(`[${"[".repeat(200)}${"]".repeat(200)},${escaped},${JSON.stringify(text)}]`))
    tokens.take(Buffer.from([byte]));
  tokens.end();
  expect(lengths).toEqual([text.length, text.length]);
});
