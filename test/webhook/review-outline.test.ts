/**
 * What is read of a posted review: all of it, or of objects with too much in them only who they are.
 *
 * The scan is held against a dumb twin that parses and walks.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { AdmissionRequest } from "../../src/policies/admission-request.ts";
import { mutate, validate } from "../../src/policies/evaluate.ts";
import { decodeAdmissionReview } from "../../src/webhook/admission-review.ts";
import { objectFieldsMax, objectValuesMax } from "../../src/webhook/review-outline.ts";
import { scanReview } from "../../src/webhook/review-scan.ts";
import { contextOf, person, policySet, requestFor } from "../support/admission.ts";
import { randomOf } from "./seeded-random.ts";

const policies = policySet();
const controller = { username: "system:serviceaccount:kube-system:generic-garbage-collector", groups: [] };

const bodyOf = (request: object): Buffer =>
  Buffer.from(JSON.stringify({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request }));

const decoded = (request: object): AdmissionRequest => {
  const review = decodeAdmissionReview(bodyOf(request));
  if (!review.ok) throw new Error(review.error.message);
  return review.value;
};

const deployment = (spec: object, metadata: object = {}): KubeObject => {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image: "web" }], ...spec } };
  const selector = { matchLabels: { app: "web" } };
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop", labels: { app: "web" }, ...metadata },
    spec: { replicas: 2, selector, template },
  };
  return object;
};

const selectorOf = (count: number): object => ({
  nodeSelector: Object.fromEntries(Array.from({ length: count }, (_, index) => [`example.com/${index}`, "v"])),
});
const huge = selectorOf(objectFieldsMax);

/** What is said of a request, by its decoded form: "allowed", or the rule that refuses. */
const verdictOn = (request: object): string => {
  const { allowed, findings } = validate({ policySet: policies, request: decoded(request), context: contextOf() });
  return allowed ? "allowed" : findings.map(({ rule }) => rule).join(", ");
};

/** Counts by parsing: fields, and members beside the first of each list or map, and lists and maps. */
function sizeOf(value: unknown): { fields: number; values: number } {
  const size = { fields: 0, values: 0 };
  const look = (at: unknown): void => {
    if (typeof at !== "object" || at === null) return;
    const members = Object.values(at);
    if (!Array.isArray(at)) size.fields += members.length;
    size.values += 1 + Math.max(0, members.length - 1);
    members.forEach(look);
  };
  look(value);
  return size;
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 5 ? 4 : 6));
  const texts = ["", 'a"b', "\\", '{"x":[1,2]}', ":,}]", "spec", "é\u0000"];
  if (kind < 2) return texts[Math.floor(random() * texts.length)];
  if (kind === 2) return random() * 10;
  if (kind === 3) return random() < 0.5 ? null : true;
  const members = Array.from({ length: Math.floor(random() * 5) }, () => randomValue(random, depth + 1));
  if (kind === 4) return members;
  const names = ["metadata", "spec", "object", "request", "labels", '\\"', "a:b"];
  return Object.fromEntries(members.map((member) => [names[Math.floor(random() * names.length)], member]));
}

describe("the scan of a review", () => {
  it("counts what parsing finds, and finds each object, its members and its metadata's, however they are written", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = randomOf(seed);
      const metadata = { name: "web", labels: randomValue(random, 3), finalizers: randomValue(random, 3) };
      const object = { apiVersion: "v1", kind: "Pod", metadata, spec: randomValue(random, 1), status: randomValue(random, 1) };
      const request = { uid: "1", options: randomValue(random, 2), object, oldObject: seed % 2 === 0 ? null : object, dryRun: false };
      const review = { request, kind: "AdmissionReview" };
      const bytes = Buffer.from(JSON.stringify(review, undefined, seed % 3));
      const scan = scanReview(bytes);
      const textAt = ({ start, end }: { start: number; end: number }): unknown => JSON.parse(bytes.toString("utf8", start, end));
      expect([seed, scan.size]).toEqual([seed, sizeOf(review)]);
      for (const [name, member] of Object.entries(object)) {
        const place = scan.object?.members.get(name);
        expect([seed, name, place === undefined ? undefined : textAt(place), place?.size]).toEqual([seed, name, member, sizeOf(member)]);
      }
      for (const [name, member] of Object.entries(metadata)) {
        const place = scan.object?.metadata.get(name);
        expect([seed, name, place === undefined ? undefined : textAt(place)]).toEqual([seed, name, member]);
      }
      expect(scan.oldObject === undefined ? undefined : textAt(scan.oldObject.whole)).toEqual(request.oldObject ?? null);
    }
  });
});

describe("a review of objects with too much in them", () => {
  it.each([
    ["fields", huge, `${objectFieldsMax + 21} fields, of at most ${objectFieldsMax}`],
    [
      "values",
      { containers: [{ name: "app", args: Array.from({ length: objectValuesMax }, () => "a") }] },
      `of at most ${objectValuesMax}`,
    ],
    ["lists in lists", { x: Array.from({ length: objectValuesMax }, () => []) }, `of at most ${objectValuesMax}`],
  ])("is refused in words, in both phases: %s", (_what, spec, words) => {
    const pod = { ...requestFor(deployment(spec)) };
    for (const judge of [mutate, validate]) {
      const { allowed, findings } = judge({ policySet: policies, request: decoded(pod), context: contextOf() });
      expect(allowed).toBe(false);
      expect(findings).toMatchObject([{ rule: "SYS-003", fix: "make the object smaller" }]);
      expect(findings[0]?.message).toContain(`too much to read: an object of `);
      expect(findings[0]?.message).toContain(words);
    }
  });

  it("is refused where an update makes it so, and let in again where one makes it smaller", () => {
    expect(verdictOn(requestFor(deployment(huge), { old: deployment({}) }))).toBe("SYS-003");
    expect(verdictOn(requestFor(deployment(huge, { labels: {} }), { old: deployment(huge) }))).toBe("SYS-003");
    const smaller = decoded(requestFor(deployment({}), { old: deployment(huge) }));
    expect([smaller.unread, smaller.oldObject, smaller.object]).toEqual([undefined, undefined, deployment({})]);
  });

  it("lets go what is deleted: the deletion, the last finalizer, and what Kubernetes' controllers do", () => {
    const going = { deletionTimestamp: "2026-11-01T00:00:00Z" };
    const [held, free] = [deployment(huge, { ...going, finalizers: ["foregroundDeletion"] }), deployment(huge, going)];
    const deletion = { ...requestFor(free, { operation: "DELETE", old: held }), object: undefined };
    expect(verdictOn(deletion)).toBe("allowed");
    expect(verdictOn(requestFor(free, { old: held }))).toBe("allowed");
    const changed = deployment({ ...huge, hostname: "x" }, { ...going, finalizers: ["foregroundDeletion"] });
    expect(verdictOn(requestFor(changed, { old: held, userInfo: controller }))).toBe("allowed");
    expect(verdictOn(requestFor(changed, { old: held, userInfo: person }))).toBe("SYS-003");
    const finalizers = Array.from({ length: 10_000 }, (_, index) => `example.com/f${index}`);
    expect(verdictOn(requestFor(deployment({ ...huge, hostname: "x" }, { ...going, finalizers }), { old: held }))).toBe("SYS-003");
  });

  it("leaves alone what stands: an update of nothing that is judged, and a controller's own annotations", () => {
    const noted = deployment(huge, { annotations: { "deployment.kubernetes.io/revision": "2" } });
    expect(verdictOn(requestFor(deployment(huge, { generation: 2 }), { old: deployment(huge) }))).toBe("allowed");
    expect(verdictOn(requestFor(noted, { old: deployment(huge), userInfo: controller }))).toBe("allowed");
  });

  it("is no review where it is not the objects that are too large, or where one is said twice", () => {
    const { extra } = { extra: Object.fromEntries(Array.from({ length: objectFieldsMax }, (_, index) => [`key-${index}`, ["v"]])) };
    const review = decodeAdmissionReview(bodyOf(requestFor(deployment({}), { userInfo: { ...person, extra } })));
    expect(review.ok ? "" : review.error.message).toContain("beside its objects");
    const text = JSON.stringify(requestFor(deployment(huge)));
    const twice = Buffer.from(text.replace('"object":', `"object":${JSON.stringify(deployment(huge))},"object":`));
    expect(decodeAdmissionReview(Buffer.from(`{"request":${twice.toString()}}`)).ok).toBe(false);
  });
});

describe("a review of large objects that are lawful", () => {
  const texts = (count: number, length: number): object => ({
    containers: [
      { name: "app", image: "web", env: Array.from({ length: count }, (_, index) => ({ name: `V${index}`, value: "x".repeat(length) })) },
    ],
  });
  it.each([
    ["a megabyte of long texts", texts(100, 10_000)],
    ["10,000 variables", texts(10_000, 100)],
    [
      "60,000 arguments",
      { containers: [{ name: "app", image: "web", args: Array.from({ length: 60_000 }, (_, index) => `--flag=${index}`) }] },
    ],
  ])("is read whole: %s", (_what, spec) => {
    const request = requestFor(deployment(spec, { generation: 2 }), { old: deployment(spec) });
    expect(decoded(request)).toEqual(request);
  });
});
