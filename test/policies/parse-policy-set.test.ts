/**
 * policies.yaml: what it parses to, and the words for everything that can be wrong with it.
 */
import { describe, expect, it } from "vitest";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { formatPolicyError } from "../../src/policies/policy-error.ts";
import { classFor } from "../../src/policies/class.ts";
import { policiesText, policySet, testNow } from "../support/admission.ts";

const head = "apiVersion: platform.example.com/policies/v1\n";
const least = `${head}classes: {general: {}}\n`;

/** Where a parser's stack ends differs by machine. */
const depthColumn = /:1:\d+: nested/;

function problemsOf(text: string): readonly string[] {
  const parsed = parsePolicySet({ text, fileName: "policies.yaml", now: testNow });
  return parsed.ok ? [] : parsed.error.map(formatPolicyError).map((text) => text.replace(depthColumn, ":1:N: nested"));
}

function check(name: string, text: string, expected: readonly string[]): void {
  it(name, () => {
    expect(problemsOf(text)).toEqual(expected);
  });
}

describe("a broken policies.yaml is refused with line, column and every error", () => {
  check("a tab", `${head}classes:\n\tgeneral: {}\n`, ["policies.yaml:3:1: tab character cannot start a token"]);
  check("a duplicate key", `${head}classes:\n  batch: {}\n  general: {}\n  batch: {}\n`, [
    'policies.yaml:5:3: duplicate key "batch" (first at 3:3)',
  ]);
  check("an unknown key", `${head}classes:\n  general:\n    request: {}\n`, [
    "policies.yaml:4:5: classes.general.request: unknown key; did you mean requests",
  ]);
  check("an unknown rule id", `${least}rules:\n  DRAIN-01: {action: deny}\n`, [
    "policies.yaml:4:3: rules.DRAIN-01: no such rule; nearest DRAIN-001",
  ]);
  check("a bad quantity", `${head}classes:\n  general: {}\n  batch:\n    requests:\n      memory: {max: 16GB}\n`, [
    'policies.yaml:6:16: classes.batch.requests.memory.max: "16GB" is not a Kubernetes quantity; did you mean 16Gi',
  ]);
  check("a default above the maximum", `${head}classes:\n  general:\n    requests: {cpu: {max: "8", default: "9"}}\n`, [
    "policies.yaml:4:16: classes.general.requests.cpu: default 9 above max 8",
  ]);
  check("a minimum above the maximum", `${head}classes:\n  general:\n    requests: {memory: {min: 2Gi, max: 1Gi}}\n`, [
    "policies.yaml:4:16: classes.general.requests.memory: min 2Gi above max 1Gi",
  ]);
  check("two budgets in one class", `${head}classes:\n  general: {disruption: {minAvailable: 1, maxUnavailable: 1}}\n`, [
    "policies.yaml:3:13: classes.general.disruption: minAvailable and maxUnavailable are both set; keep one",
  ]);
  check("a largest ratio below the one that holds where none is written", `${head}classes:\n  general: {limits: {maxMemoryRatio: 1.5}}\n`, [
    "policies.yaml:3:13: classes.general.limits: memoryRatio 2 above maxMemoryRatio 1.5",
  ]);
  check(
    "a longest grace period below the one that holds where none is written",
    `${head}classes:\n  general: {disruption: {maxGraceSeconds: 20}}\n`,
    ["policies.yaml:3:13: classes.general.disruption: gracePeriodSeconds 30 above maxGraceSeconds 20"],
  );
  check("a default class that is not there", `${head}classes: {batch: {}}\n`, [
    'policies.yaml:2:1: classes: defaultClass "general" is not in classes',
  ]);
  check("a closed class without grants", `${least}settings: {failurePolicy: {general: closed}}\n`, [
    "policies.yaml:3:28: settings.failurePolicy.general: closed needs grants.general with namespaces or a namespaceSelector",
  ]);
  check(
    "a closed class granted by two labels together",
    `${least}settings: {failurePolicy: {general: closed}}\ngrants: {general: {namespaceSelector: {matchLabels: {tier: "1", zone: vault}}}}\n`,
    ["policies.yaml:4:20: grants.general.namespaceSelector: a closed class is granted by exactly one label, not by 2"],
  );
  check(
    "a closed class granted by name and by no label",
    `${least}settings: {failurePolicy: {general: closed}}\ngrants: {general: {namespaces: [shop], namespaceSelector: {matchLabels: {}}}}\n`,
    ["policies.yaml:4:40: grants.general.namespaceSelector: a closed class is granted by exactly one label, not by 0"],
  );
  check(
    "a closed class over kube-system",
    `${least}settings: {failurePolicy: {general: closed}}\ngrants: {general: {namespaces: ["kube-*"]}}\n`,
    [
      'policies.yaml:4:33: grants.general.namespaces[0]: closed class "general" would lock out namespace kube-system; narrow it, or set settings.iKnow: true',
    ],
  );
  check("a deny rule that names our own namespace", `${least}rules: {REQ-001: {action: deny, scope: {namespaces: [plimsoll-system]}}}\n`, [
    "policies.yaml:3:54: rules.REQ-001.scope.namespaces[0]: deny would lock out namespace plimsoll-system; narrow it, or set settings.iKnow: true",
  ]);
  check("a class that a grant misspells", `${least}grants: {genral: {namespaces: [shop]}}\n`, [
    "policies.yaml:3:10: grants.genral: no such class; did you mean general",
  ]);
  check("a parameter of the wrong form", `${least}rules: {REQ-002: {params: {cpu: fast, memry: 2}}}\n`, [
    'policies.yaml:3:28: rules.REQ-002.params.cpu: must be a number of at least 1, not "fast"',
    "policies.yaml:3:39: rules.REQ-002.params.memry: no such parameter; did you mean memory",
  ]);
  check("an action that a rule cannot have", `${least}rules: {BIND-001: {action: warn}}\n`, [
    "policies.yaml:3:20: rules.BIND-001.action: must be at most audit: this rule only reports",
  ]);
  check("half of a staged rule", `${least}rules: {REQ-001: {until: "2027-03-31"}}\n`, [
    "policies.yaml:3:9: rules.REQ-001: until and then belong together",
  ]);
  const exempting = (fields: string): string =>
    `${least}exemptions:\n  - {id: EX-1, rules: [DRAIN-001], match: {namespace: shop, name: web}, ${fields}}\n`;
  const inForce = 'owner: a, reason: b, expires: "2027-04-30"';
  check("S245: an exemption without owner, reason or end", exempting("approvedBy: c"), [
    "policies.yaml:4:5: exemptions[0]: owner is required",
    "policies.yaml:4:5: exemptions[0]: reason is required",
    "policies.yaml:4:5: exemptions[0]: expires is required",
  ]);
  check("an exemption that has a reason of blanks", exempting('owner: a, reason: " ", expires: "2027-04-30"'), [
    "policies.yaml:4:5: exemptions[0]: reason is required",
  ]);
  check("an exemption for longer than 180 days from today", exempting('owner: a, reason: b, expires: "2027-05-31"'), [
    "policies.yaml:4:94: exemptions[0].expires: 2027-05-31 is more than 180 days from today",
  ]);
  check(
    "an exemption for longer than 180 days from its approval",
    exempting('owner: a, reason: b, approved: "2026-10-01", expires: "2027-03-31"'),
    ["policies.yaml:4:118: exemptions[0].expires: 2027-03-31 is more than 180 days after its approval on 2026-10-01"],
  );
  check(
    "an exemption from a day that there is not",
    exempting('owner: a, reason: b, approved: "2027-01-01", expires: "2027-02-31T00:00:00Z"'),
    ["policies.yaml:4:118: exemptions[0].expires: no such day: 2027-02-31T00:00:00Z"],
  );
  check(
    "an exemption of everything",
    `${least}exemptions:\n  - {id: EX-1, rules: [DRAIN-001], match: {namespace: shop}, ${inForce}}\n  - {id: EX-1, rules: [DRAIN-01], match: {namespace: "*", name: "**"}, ${inForce}}\n`,
    [
      "policies.yaml:4:36: exemptions[0].match: needs a namespace, and a name, labels or groups",
      'policies.yaml:5:6: exemptions[1].id: "EX-1" is also the id of exemptions[0]',
      "policies.yaml:5:24: exemptions[1].rules[0]: no such rule; nearest DRAIN-001",
      'policies.yaml:5:43: exemptions[1].match.namespace: "*" names everything; name what is exempt',
      'policies.yaml:5:59: exemptions[1].match.name: "**" names everything; name what is exempt',
    ],
  );
  check(
    "an exemption of a kind that there is not, or that stands in no namespace",
    `${least}exemptions:\n  - {id: EX-1, rules: [DRAIN-001], match: {namespace: shop, name: a, kind: StatefullSet}, ${inForce}}\n  - {id: EX-2, rules: [NP-012], match: {namespace: shop, name: a, kind: NodePool}, ${inForce}}\n`,
    [
      'policies.yaml:4:70: exemptions[0].match.kind: "StatefullSet" is no kind that can be exempt; did you mean StatefulSet, or leave kind out to match any',
      'policies.yaml:5:67: exemptions[1].match.kind: "NodePool" is no kind that can be exempt; leave kind out to match any',
    ],
  );
  check(
    "a day of grandfathering, and a class of a migration, that are not there",
    `${least}settings: {grandfather: {before: "2026-02-31", until: "2027-02-31T00:00:00Z"}}\nmigration: {active: true, classesDone: [genral]}\n`,
    [
      "policies.yaml:3:26: settings.grandfather.before: no such day: 2026-02-31",
      "policies.yaml:3:48: settings.grandfather.until: no such day: 2027-02-31T00:00:00Z",
      "policies.yaml:4:41: migration.classesDone[0]: no such class; did you mean general",
    ],
  );
  check("a pattern that RE2 would not take", `${least}nodepoolReview: {naming: "^(?=a)b", rules: {NP-21: deny}}\n`, [
    "policies.yaml:3:18: nodepoolReview.naming: not RE2-safe: (?= is not of RE2",
    "policies.yaml:3:45: nodepoolReview.rules.NP-21: no such rule; nearest NP-021",
  ]);
  check("no file at all", "", ["policies.yaml:1:1: must be an object, not null"]);
  check("a wrong form of the file", `apiVersion: v1\nclasses: {general: {}}\n`, [
    'policies.yaml:1:1: apiVersion: must be <API domain>/policies/v1, not "v1"',
  ]);
  check("several errors at once, in the order of the file", `${head}classes: {general: {purpse: x}}\nsettings: {unprofiled: maybe}\n`, [
    "policies.yaml:2:21: classes.general.purpse: unknown key; did you mean purpose",
    'policies.yaml:3:12: settings.unprofiled: must be one of allow, warn, deny, not "maybe"',
  ]);
});

describe("a policies.yaml that is made to hurt", () => {
  const bomb = [
    head,
    "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
    ...Array.from(
      { length: 8 },
      (_, level) => `a${level + 1}: &a${level + 1} [${Array.from({ length: 10 }, () => `*a${level}`).join(", ")}]\n`,
    ),
  ].join("");
  check("by aliases", bomb, ["policies.yaml:1:1: an alias stands for itself or for too much; refused"]);
  check("by an alias of itself", `${head}classes: &a {general: *a}\n`, ["policies.yaml:1:1: the file has more than 5000 entries; refused"]);
  check("by depth", "[".repeat(200_000), ["policies.yaml:1:N: nested too deeply; refused"]);
  check("by size", `${least}#${"x".repeat(1024 * 1024)}\n`, ["policies.yaml:1:1: the file is larger than 1 MiB; refused"]);
  check("by entries", `${least}costOwners: {values: [${Array.from({ length: 5001 }, () => "a").join(",")}]}\n`, [
    "policies.yaml:1:1: the file has more than 5000 entries; refused",
  ]);
  check("by a key that JavaScript treats specially", `${least}__proto__: {polluted: true}\n`, [
    "policies.yaml:3:1: __proto__: unknown key",
  ]);

  it("never pollutes a prototype", () => {
    problemsOf(`${head}classes: {__proto__: {purpose: polluted}, constructor: {purpose: polluted}}\n`);
    expect(Object.hasOwn(Object.prototype, "purpose")).toBe(false);
  });
});

describe("the repository's policies.yaml", () => {
  const policies = policySet();

  it("has the seven classes and every rule with its line", () => {
    expect([...policies.classes.keys()].sort()).toEqual(["batch", "compute", "general", "gpu", "memory", "regulated", "system"]);
    expect([...policies.rules.values()].filter(({ line }) => line === undefined)).toEqual([]);
    const lines = policiesText.split("\n");
    for (const [id, { line }] of policies.rules) expect(lines[(line ?? 0) - 1]).toMatch(new RegExp(`^( +|  - id: )${id}(:|$)`));
  });

  it("is named by its content: layout and comments do not count, one value does", () => {
    expect(policySet(`# hello\n${policiesText}\n\n`).bundle).toBe(policies.bundle);
    expect(policySet(policiesText.replace("unprofiled: warn #", "unprofiled: deny #")).bundle).not.toBe(policies.bundle);
    expect(policies.bundle).toMatch(/^[0-9a-f]{8}$/);
  });

  it("gives a namespace's classes its own words over the catalogue's", () => {
    const inDev = classFor(policies, { className: "general", namespace: "dev-anna" });
    const elsewhere = classFor(policies, { className: "general", namespace: "shop" });
    expect(inDev?.availability).toEqual({
      ...elsewhere?.availability,
      minReplicas: 1,
      zoneSpread: "none",
      singletons: { default: "warn" },
    });
    expect(inDev?.requests).toEqual(elsewhere?.requests);
    expect(classFor(policies, { className: "batch", namespace: "dev-anna" })).toEqual(policies.classes.get("batch"));
    expect(classFor(policies, { className: "nosuch", namespace: "shop" })).toBeUndefined();
  });

  it("leaves a rule that is not named at its default", () => {
    const bare = policySet(least);
    expect(bare.rules.get("DRAIN-003")).toEqual({ action: "warn", scope: { classes: [], namespaces: [] }, params: {} });
    expect(bare.rules.get("REQ-002")?.params).toEqual({ cpu: 10, memory: 2, memoryDeny: 8 });
  });
});
