/**
 * Custom rules: what their expressions see, what a finding says, and which files are refused because of them.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { err, ok } from "../../src/api/result.ts";
import type { Scale } from "../../src/api/workload.ts";
import { denialMessage } from "../../src/policies/denial.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { formatPolicyError } from "../../src/policies/policy-error.ts";
import { policyWarnings } from "../../src/policies/policy-warnings.ts";
import { autoscalerAccount, contextOf, policySet, requestFor, testNow, type RequestOptions } from "../support/admission.ts";
import { budget, cronJob, deployment, namespaceObject, pod, profile } from "../support/objects.ts";

const head = "apiVersion: platform.example.com/policies/v1\nclasses: {general: {}, vault: {}}\n";
const quiet =
  "rules: {BIND-004: {action: 'off'}, DRAIN-011: {action: 'off'}, DRAIN-032: {action: 'off'}, DRAIN-036: {action: 'off'}, DRAIN-037: {action: 'off'}}\n";
const custom = (entry: string, more = "") => `${head}${quiet}${more}custom:\n  - {id: X-A-1, ${entry}}\n`;

function found(
  text: string,
  object: KubeObject,
  options: RequestOptions & { readonly world?: readonly KubeObject[]; readonly at?: number } = {},
) {
  const policies = policySet(text);
  const request = requestFor(object, options);
  const context = { ...contextOf(options.world ?? []), now: options.at ?? testNow };
  const verdict = evaluate({ policySet: policies, request, context });
  const findings = verdict.findings.filter(({ rule }) => rule === "X-A-1");
  return { verdict, findings, message: denialMessage({ verdict, request, policySet: policies }) };
}

const twoImages = deployment({
  podSpec: {
    containers: [
      { name: "app", image: "shop@sha256:1", resources: { requests: { cpu: "100m", memory: "128Mi" } } },
      { name: "proxy", image: "proxy:1", resources: { requests: { cpu: "100m", memory: "128Mi" } } },
    ],
  },
});
const pinned = `forEach: pod.containers, expression: "item.image.contains('@sha256:')", messageExpression: "'image ' + item.image + ' is not pinned by digest'", fix: pin images by digest`;

describe("a custom rule", () => {
  it("names each failing element with its place, its words and its fix", () => {
    const { findings, message } = found(custom(pinned), twoImages);
    expect(findings).toEqual([
      {
        rule: "X-A-1",
        action: "deny",
        path: "/spec/template/spec/containers/1",
        message: "image proxy:1 is not pinned by digest",
        fix: "pin images by digest",
      },
    ]);
    expect(message).toMatch(
      /^Deployment shop\/web: \[X-A-1\] image proxy:1 is not pinned by digest, bundle [0-9a-f]{8}\n {2}fix: pin images by digest\npolicies\.yaml:5; exemption: /,
    );
  });

  it("is asked of an update of labels or annotations alone", () => {
    const old = deployment();
    const rule = custom(`expression: "!('team' in object.metadata.annotations)", match: {kinds: [Deployment]}`);
    const edited = { ...old, metadata: { ...old.metadata, annotations: { team: "b" } } };
    const plain = { ...old, metadata: { ...old.metadata, annotations: { other: "a" } } };
    expect(found(rule, edited, { old: plain }).verdict.allowed).toBe(false);
    expect(found(rule, plain, { old: edited }).verdict.allowed).toBe(true);
  });

  it("is warned of where it refuses and no case shows what", () => {
    const warned = (entry: string) => policyWarnings(policySet(custom(entry)), contextOf());
    expect(warned(`expression: "true"`)).toEqual(["custom rule X-A-1 refuses and has no tests"]);
    expect(warned(`expression: "object.kind == 'Pod'", match: {kinds: [Pod, Deployment]}, action: warn`)).toEqual([
      "custom rule X-A-1 reads object and names Pod, but not CronJob, DaemonSet, Job, ReplicaSet, ReplicationController, Rollout, StatefulSet: Pods of these are not judged; read pod instead",
    ]);
    expect(warned(`expression: "true", action: warn`)).toEqual([]);
  });

  it("finds its place in a CronJob, in a Pod, and in the object itself", () => {
    const nothing = `forEach: pod.containers, expression: "false"`;
    expect(found(custom(nothing), cronJob()).findings[0]?.path).toBe("/spec/jobTemplate/spec/template/spec/containers/0");
    expect(found(custom(nothing), pod()).findings[0]?.path).toBe("/spec/containers/0");
    const ports = `match: {kinds: [PodDisruptionBudget]}, forEach: object.metadata.finalizers, expression: "item == 'ok'"`;
    const held = { ...budget({ maxUnavailable: 1 }), metadata: { name: "web", namespace: "shop", finalizers: ["ok", "bad"] } };
    expect(found(custom(ports), held).findings.map(({ path, message }) => [path, message])).toEqual([
      ["/metadata/finalizers/1", "does not hold for /metadata/finalizers/1: item == 'ok'"],
    ]);
  });

  it("has no elements where its path ends nowhere", () => {
    expect(found(custom(`forEach: pod.initContainers, expression: "false"`), deployment()).findings).toEqual([]);
  });

  const seen: readonly (readonly [string, string])[] = [
    ["the object with whole numbers as ints", "object.spec.replicas + 1 == 3 && oldObject == null"],
    ["the request", "request.operation == 'CREATE' && request.namespace == 'shop' && request.userInfo.username == 'ann@example.com'"],
    ["the profile", "profile.metadata.name == 'web' && profile.spec.runtimeClass == 'general'"],
    ["the class", "class.name == 'general' && class.availability.singletons['default'] == 'deny'"],
    ["the Pod as it will run", "pod.containers[0].resources.requests.cpu == '250m'"],
    ["sibling Pods", "pods.size() == 1 && pods[0].metadata.name == 'web-1'"],
    ["budgets", "pdbs.exists(p, p.metadata.name == 'mine') && !pdbs.exists(p, p.metadata.name == 'other')"],
    ["the Namespace", "namespaceObject.metadata.labels.team == 'a'"],
  ];
  for (const [what, expression] of seen) {
    it(`sees ${what}`, () => {
      const world = [
        profile({ spec: { runtimeClass: "general", compute: { cpuRequest: "250m", memoryRequest: "128Mi" } } }),
        pod({ name: "web-1", labels: { app: "web" } }),
        pod({ name: "other", labels: { app: "other" } }),
        budget({ name: "mine", maxUnavailable: 1, selector: { matchLabels: { app: "web" } } }),
        budget({ name: "other", maxUnavailable: 1, selector: { matchLabels: { app: "other" } } }),
        namespaceObject("shop", { team: "a" }),
      ];
      expect(found(custom(`expression: "${expression}"`), deployment(), { world }).findings).toEqual([]);
      expect(found(custom(`expression: "!(${expression})"`), deployment(), { world }).findings).toHaveLength(1);
    });
  }

  it("judges workloads unless it names kinds, and keeps to its classes, namespaces and labels", () => {
    const count = (entry: string, object: KubeObject) => found(custom(`${entry}expression: "false"`), object).findings.length;
    expect([count("", deployment()), count("", budget({ maxUnavailable: 1 }))]).toEqual([1, 0]);
    expect(count("match: {kinds: [PodDisruptionBudget]}, ", budget({ maxUnavailable: 1 }))).toBe(1);
    expect(count("match: {classes: [vault]}, ", deployment())).toBe(0);
    expect(count("match: {classes: [vault]}, ", deployment({ labels: { "platform.example.com/workload-class": "vault" } }))).toBe(1);
    expect([count("match: {namespaces: ['!shop']}, ", deployment()), count("match: {namespaces: ['sh*']}, ", deployment())]).toEqual([
      0, 1,
    ]);
    expect(count("match: {labels: {tier: a}}, ", deployment())).toBe(0);
  });

  it("judges the Pods of every workload where it names Pod and reads only pod", () => {
    const privileged = `expression: "!item.securityContext.privileged", forEach: pod.containers, match: {kinds: [Pod]}`;
    const spec = { containers: [{ name: "app", securityContext: { privileged: true } }] };
    const template = { metadata: { labels: { app: "web" } }, spec };
    const of = (apiVersion: string, kind: string, own: object): KubeObject =>
      ({ apiVersion, kind, metadata: { name: "web", namespace: "shop" }, spec: own }) as KubeObject;
    const selector = { matchLabels: { app: "web" } };
    const job = { template: { ...template, spec: { ...spec, restartPolicy: "Never" } } };
    const makers = [
      of("v1", "Pod", spec),
      of("apps/v1", "Deployment", { selector, template }),
      of("apps/v1", "StatefulSet", { selector, template }),
      of("apps/v1", "DaemonSet", { selector, template }),
      of("apps/v1", "ReplicaSet", { selector, template }),
      of("v1", "ReplicationController", { selector: { app: "web" }, template }),
      of("batch/v1", "Job", job),
      of("batch/v1", "CronJob", { schedule: "0 4 * * *", jobTemplate: { spec: job } }),
    ];
    const counts = (entry: string) => makers.map((object) => found(custom(entry), object).findings.length);
    expect(counts(privileged)).toEqual(makers.map(() => 1));
    // What an expression reads of a Pod object no workload has.
    expect(counts(`expression: "object.metadata.name != 'web'", match: {kinds: [Pod]}`)).toEqual([1, ...makers.slice(1).map(() => 0)]);
    expect(found(custom(privileged), budget({ maxUnavailable: 1 })).findings).toEqual([]);
  });

  it("is asked of a scale request as of the workload with the replicas that it asks for", () => {
    const scale = (replicas: number): Scale => ({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "web", namespace: "shop" },
      spec: { replicas },
    });
    const old = scale(2);
    const even = `expression: "object.spec.replicas % 2 == 0 && object.kind == 'Deployment' && object.metadata.labels.tier == 'a'"`;
    const world = [deployment({ labels: { tier: "a" } })];
    const told = (entry: string, replicas = 3) =>
      found(custom(entry), scale(replicas), { old, world }).findings.map(({ action, path }) => [action, path]);
    expect(told(even, 4)).toEqual([]);
    expect([told(even), told(`${even}, match: {kinds: [Deployment]}`), told(`${even}, match: {labels: {tier: a}}`)]).toEqual(
      Array(3).fill([["deny", ""]]),
    );
    expect([told(`${even}, match: {kinds: [StatefulSet]}`), told(`${even}, match: {labels: {tier: b}}`)]).toEqual([[], []]);
    expect(told(`expression: "oldObject.spec.replicas == 2 && request.subResource == 'scale'"`)).toEqual([]);
    // What was wrong at the scale before holds up no scale request, and an autoscaler is never held up.
    expect(told(`forEach: pod.containers, expression: "false"`)).toEqual([["warn", ""]]);
    expect(found(custom(even), scale(3), { old, world, userInfo: autoscalerAccount }).verdict.allowed).toBe(true);
  });

  it("is staged, and lifted by exemptions, as any other", () => {
    const staged = custom(`expression: "false", action: audit, until: "2027-01-01", then: deny`);
    expect(found(staged, deployment()).findings.map(({ action }) => action)).toEqual(["audit"]);
    expect(found(staged, deployment(), { at: Date.parse("2027-01-01") }).findings.map(({ action }) => action)).toEqual(["deny"]);
    const exempted = custom(
      `expression: "false"`,
      `exemptions: [{id: EX-1, rules: [X-A-1], match: {namespace: shop, name: web}, owner: a, reason: b, expires: "2026-12-08"}]\n`,
    );
    expect(found(exempted, deployment()).verdict).toMatchObject({
      allowed: true,
      warnings: ["[X-A-1] exempted by EX-1, 7 days left, owner a: does not hold: false"],
    });
  });

  it("fails closed but for onError: allow, whatever its class", () => {
    const missing = `expression: "object.spec.nothing == 1"`;
    const action = (entry: string, more?: string) => found(custom(entry, more), deployment()).findings[0]?.action;
    expect([action(missing), action(`${missing}, onError: deny`)]).toEqual(["deny", "deny"]);
    const closed = `settings: {failurePolicy: {general: closed}}\ngrants: {general: {namespaces: [shop]}}\n`;
    expect([action(missing, closed), action(`${missing}, onError: allow`, closed)]).toEqual(["deny", "warn"]);
    expect(action(`${missing}, action: audit`)).toBe("audit");
  });

  it("warns of itself where it fails open: its id, whom to tell, and why", () => {
    const missing = `expression: "object.spec.nothing == 1", fix: set nothing, onError: allow`;
    expect(found(custom(missing), deployment()).verdict).toMatchObject({
      allowed: true,
      warnings: ["[X-A-1] not judged, tell the owners of policies.yaml: the expression failed: No such key: nothing"],
    });
    const owned = found(custom(`${missing}, owner: security@example.com`), deployment());
    expect(owned.verdict.warnings).toEqual(["[X-A-1] not judged, tell security@example.com: the expression failed: No such key: nothing"]);
    const denied = found(custom(`${missing.replace("allow", "deny")}, owner: security@example.com`), deployment()).findings;
    expect(denied.map(({ message, fix }) => [message, fix])).toEqual([
      ["the expression failed: No such key: nothing", "tell security@example.com, who can mend the rule"],
    ]);
  });

  it("fails once for a list, and still judges the elements that it can", () => {
    const mixed = deployment({ podSpec: { containers: ["a", "b", "c"].map((name) => ({ name, image: name })) } });
    const { findings } = found(custom(`forEach: pod.containers, expression: "item.name == 'b' ? false : item.nothing"`), mixed);
    expect(findings.map(({ action, path }) => [action, path])).toEqual([
      ["deny", "/spec/template/spec/containers/0"],
      ["deny", "/spec/template/spec/containers/1"],
    ]);
  });

  it("speaks for itself where its message can't be made", () => {
    const { findings } = found(custom(`expression: "false", messageExpression: "object.spec.nothing"`), deployment());
    expect(findings.map(({ message }) => message)).toEqual(["does not hold: false"]);
  });

  it("ends with its budget on a large object, and says so", () => {
    const env = Array.from({ length: 700 }, (_, index) => ({ name: `V${index}`, value: "x" }));
    const container = { name: "app", image: "a", env, resources: { requests: { cpu: "1", memory: "1Gi" } } };
    const large = deployment({ podSpec: { containers: [container] } });
    const { findings } = found(
      custom(`expression: "pod.containers[0].env.all(a, pod.containers[0].env.all(b, a.value == b.value))", onError: deny`),
      large,
    );
    expect(findings.map(({ message }) => message)).toEqual([
      "the expression failed: it takes too many steps; its budget is spent; the largest list of the object is /spec/template/spec/containers/0/env with 700 members",
    ]);
  });

  it("refuses what it can't judge to the end, whatever onError and the class say: nobody walks past by size", () => {
    const padded = (count: number) => {
      const env = Array.from({ length: count }, (_, index) => ({ name: `DUMMY_${index}`, value: "x" }));
      const container = { name: "a", image: "a", env };
      return deployment({ podSpec: { hostNetwork: true, containers: [container] } });
    };
    const rule = `expression: "pod.containers.all(c, c.env.all(e, e.name != 'FORBIDDEN')) && !has(pod.hostNetwork)"`;
    for (const more of ["", ", onError: allow"])
      for (const count of [1, 25_000]) {
        const { verdict, findings } = found(custom(`${rule}${more}`), padded(count));
        expect([count, verdict.allowed]).toEqual([count, false]);
        if (count > 1)
          expect(findings[0]).toMatchObject({
            rule: "X-A-1",
            message: expect.stringMatching(/budget is spent.*env with 25000 members/) as string,
            fix: "make the object smaller",
          });
      }
  });

  it("shares one budget for all elements and all rules about one object", () => {
    const env = Array.from({ length: 60 }, (_, index) => ({ name: `V${index}`, value: "x" }));
    const containers = Array.from({ length: 400 }, (_, index) => ({ name: `c${index}`, image: "a", env }));
    const large = deployment({ podSpec: { containers } });
    const slow = `forEach: pod.containers, expression: "item.env.all(a, item.env.exists(b, a.name == b.name))"`;
    const { verdict } = found(
      `${custom(slow)}${[2, 3, 4, 5].map((n) => `  - {id: X-A-${n}, ${slow}}\n`).join("")}  - {id: X-A-6, expression: "false", onError: deny}\n`,
      large,
    );
    const told = verdict.findings.filter(({ rule }) => rule.startsWith("X-A-"));
    expect(told.map(({ rule, action, message }) => [rule, action, message.replace(/^.*failed: |; the largest.*$/g, "")])).toEqual([
      ["X-A-1", "deny", "custom rules take too many steps on this object; their budget is spent"],
      ...[2, 3, 4, 5].map((n) => [`X-A-${n}`, "deny", "custom rules take too many steps on this object; their budget is spent"]),
      ["X-A-6", "deny", "custom rules take too many steps on this object; their budget is spent"],
    ]);
  });

  it("whose budget others had spent before an edit as well does not refuse the edit", () => {
    const env = Array.from({ length: 180 }, (_, index) => ({ name: `V${index}`, value: "x" }));
    const container = { name: "app", image: "a", env };
    const costly = deployment({ podSpec: { containers: [container] } });
    const slow = `expression: "pod.containers[0].env.all(a, pod.containers[0].env.all(b, a.value == b.value))"`;
    const rules = `${custom(slow)}${[2, 3, 4, 5].map((n) => `  - {id: X-A-${n}, ${slow}}\n`).join("")}  - {id: X-A-6, ${slow}, onError: deny}\n`;
    expect(found(rules, costly).verdict.allowed).toBe(false);
    const edited = { ...costly, metadata: { ...costly.metadata, labels: { a: "b" } } };
    expect(found(rules, edited, { old: costly }).verdict.allowed).toBe(true);
  });
});

function problemsOf(text: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  const readFixture = (path: string) => (files[path] === undefined ? err("no such file") : ok(files[path]));
  const parsed = parsePolicySet({ text, fileName: "policies.yaml", now: testNow, readFixture });
  return parsed.ok ? [] : parsed.error.map(formatPolicyError);
}

function check(name: string, text: string, expected: readonly string[], files?: Readonly<Record<string, string>>): void {
  it(name, () => {
    expect(problemsOf(text, files)).toEqual(expected);
  });
}

describe("a policies.yaml is refused whole for a custom rule", () => {
  const rule = (entry: string) => `${head}custom:\n  - id: X-IMG-001\n    ${entry}\n`;
  check("that names what there is not", rule(`expression: "object.spec.replicas > podz.size()"`), [
    'policies.yaml:5:5: custom X-IMG-001: 1:24 undeclared reference "podz"',
  ]);
  check("whose parts do not compile", rule(`expression: "1 +"\n    messageExpression: "1"\n    forEach: "'a'"`), [
    "policies.yaml:5:5: custom X-IMG-001: 1:4 Unexpected token: EOF",
    "policies.yaml:6:5: custom X-IMG-001 messageExpression: 1:1 gives int, not string",
    "policies.yaml:7:5: custom X-IMG-001 forEach: 1:1 gives string, not a list",
  ]);
  check("whose pattern is not safe", rule(`expression: "object.kind.matches('(?=x)')"`), [
    'policies.yaml:5:5: custom X-IMG-001: 1:1 "(?=x)" is not RE2-safe: (?= is not of RE2',
  ]);
  check("that uses item without forEach", rule(`expression: "item == 1"`), [
    "policies.yaml:5:5: custom X-IMG-001: item is of a rule with forEach",
  ]);
  check(
    "whose words are not known",
    rule(`expression: "true"\n    match: {kinds: [Deploymnt], classes: [genral]}\n    until: "2027-02-30"`).replace("X-IMG-001", "IMG-001"),
    [
      'policies.yaml:4:5: custom[0].id: "IMG-001" must start with X-, so that it never meets a built-in rule',
      "policies.yaml:4:5: custom[0]: until and then belong together",
      "policies.yaml:6:21: custom[0].match.kinds[0]: admission is not asked about this kind; did you mean Deployment",
      "policies.yaml:6:43: custom[0].match.classes[0]: no such class; did you mean general",
      "policies.yaml:7:5: custom[0].until: no such day: 2027-02-30",
    ],
  );
  check("that stands twice", `${head}custom: [{id: X-A-1, expression: "true"}, {id: X-A-1, expression: "true"}]\n`, [
    'policies.yaml:3:44: custom[1].id: "X-A-1" is also the id of custom[0]',
  ]);

  const tag =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}\n";
  const tested = (expression: string) =>
    rule(
      `forEach: pod.containers\n    expression: "${expression}"\n    tests: [{name: tag denied, object: fixtures/tag.yaml, expect: deny}, {name: digest ok, object: fixtures/digest.yaml, expect: allow}]`,
    );
  const files = { "fixtures/tag.yaml": tag, "fixtures/digest.yaml": tag.replace("a:1", "a@sha256:1") };
  check(
    "whose own test fails (scenario 29)",
    tested("item.image.contains(':')"),
    ['policies.yaml:7:13: custom X-IMG-001 test "tag denied": expected deny, got allow'],
    files,
  );
  check(
    "whose own test fails the other way",
    tested("item.image.contains('!')"),
    [
      `policies.yaml:7:74: custom X-IMG-001 test "digest ok": expected allow, got deny (does not hold for /containers/0: item.image.contains('!'))`,
    ],
    files,
  );
  check(
    "whose test has no object",
    tested("item.image.contains('@sha256:')"),
    ['policies.yaml:7:74: custom X-IMG-001 test "digest ok": fixtures/digest.yaml: no such file'],
    { "fixtures/tag.yaml": tag },
  );
  check("and taken where its tests hold", tested("item.image.contains('@sha256:')"), [], files);
  check(
    "whose test is of a kind that it does not judge",
    rule(
      `expression: "true"\n    match: {kinds: [StatefulSet]}\n    tests: [{name: a, object: {apiVersion: v1, kind: Pod, metadata: {}}, expect: allow}]`,
    ),
    ['policies.yaml:7:13: custom X-IMG-001 test "a": the rule does not judge Pod'],
  );
});
