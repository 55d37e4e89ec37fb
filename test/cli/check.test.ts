/**
 * `plimsoll check`: exit codes, the JSON answer, and that all files of one call are siblings.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { checkResults, type CheckResult } from "../../src/cli/check.ts";
import { parseManifests } from "../../src/cli/manifest.ts";
import { objectFormer } from "../../src/cli/object-form.ts";
import { applyJsonPatch, pointerTokens } from "../../src/kube/json-patch.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { policySet } from "../support/admission.ts";
import { yamlText } from "../support/yaml-objects.ts";
import { budgetText, deploymentText, infrastructureFile, podText, profileText } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

interface Report {
  readonly results: readonly CheckResult[];
  readonly summary: { readonly allowed: number; readonly denied: number; readonly findings: number };
}

async function reportOf(
  paths: readonly string[],
  stdin = "",
): Promise<{ readonly code: number; readonly report: Report; readonly stderr: string }> {
  const { code, stdout, stderr } = await runPlimsoll(["check", "-o", "json", ...paths], stdin);
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

/** What a report says, by object: "Deployment shop/web: denied DRAIN-002". */
function verdicts({ results }: Report): readonly string[] {
  return results.map(({ kind, namespace, name, allowed, findings }) => {
    const denying = findings.filter(({ action }) => action === "deny").map(({ rule }) => rule);
    return [`${kind} ${namespace === "" ? "" : `${namespace}/`}${name}:`, allowed ? "allowed" : "denied", ...denying].join(" ");
  });
}

describe("the exit code", () => {
  check("is 0 where everything is allowed, warnings included", deploymentText(), 0);
  check("is 1 where one object is denied", `${deploymentText()}---\n${budgetText({ spec: "maxUnavailable: 0" })}`, 1);
  check("is 2 on bad input", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: 5}\n", 2);
  check("is 2 on bad input, even where something is denied", `${budgetText({ spec: "maxUnavailable: 0" })}---\nhello\n`, 2);
  check("is 2 where there is nothing to judge", "# nothing yet\n---\n", 2);

  function check(statement: string, text: string, code: number): void {
    it(statement, async () => {
      expect((await runPlimsoll(["check", "-"], text)).code).toBe(code);
    });
  }
});

describe("-o json", () => {
  it("is one object of exactly this form on stdout, and nothing else", async () => {
    const { code, report } = await reportOf(
      ["-"],
      `${deploymentText({ spec: "replicas: 1" })}---\n${budgetText({ spec: "minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow" })}`,
    );
    const [fix, message] = [
      "use maxUnavailable: 1, or 2 replicas, or delete the PDB",
      'PodDisruptionBudget "web" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained',
    ];
    expect(code).toBe(1);
    expect(Object.keys(report)).toEqual(["results", "summary"]);
    expect(report.results[1]).toEqual({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      namespace: "shop",
      name: "web",
      allowed: false,
      findings: [{ rule: "DRAIN-002", action: "deny", path: "/spec/minAvailable", message, fix }],
      patch: [],
    });
    expect(report.results[0]?.findings.map((finding) => Object.keys(finding))).toEqual(
      report.results[0]?.findings.map(() => ["rule", "action", "path", "message", "fix"]),
    );
    const findings = report.results.flatMap((result) => result.findings).length;
    expect(report.summary).toEqual({ allowed: 0, denied: 2, findings });
  });

  it("has a result for every object, in order, those that no rule is about and each item of a List too", async () => {
    const list = `apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}
- {apiVersion: v1, kind: List, items: [{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}]}
- {apiVersion: v1, kind: PodList, items: [{metadata: {name: p, namespace: shop}, spec: {containers: [{name: a, image: b}]}}]}
`;
    const { code, report } = await reportOf(["-"], `${list}---\n${deploymentText()}`);
    expect(verdicts(report)).toEqual([
      "Service shop/web: allowed",
      "Widget w: allowed",
      "Pod shop/p: denied BARE-001 REQ-001",
      "Deployment shop/web: allowed",
    ]);
    expect(code).toBe(1);
  });

  it("is still that one object where the policies can't be read", async () => {
    const { code, report } = await reportOf(["--policies", "no-such.yaml", "-"], podText);
    expect(report).toEqual({ results: [], summary: { allowed: 0, denied: 0, findings: 0 } });
    expect(code).toBe(2);
  });

  it("keeps the apiVersion that was written, where the API server would convert it", async () => {
    const autoscaler = `apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 1, maxReplicas: 4, targetCPUUtilizationPercentage: 80, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`;
    const { report } = await reportOf(["-"], `${autoscaler}---\n${deploymentText({ spec: "replicas: 3" })}---\n${budgetText()}`);
    expect(report.results[0]?.apiVersion).toBe("autoscaling/v1");
    expect(verdicts(report)[0]).toBe("HorizontalPodAutoscaler shop/web: denied DRAIN-002");
  });

  it("says what admission would write into a Pod, as a patch that applies", async () => {
    const bound = podText.replace("name: debug,", "name: debug, labels: {platform.example.com/profile: web},");
    const { report } = await reportOf(["-", infrastructureFile], `${bound}---\n${profileText()}`);
    const { patch } = report.results.find(({ kind }) => kind === "Pod") ?? { patch: [] };
    const [written] = parseAllDocuments(bound).map((document) => document.toJS() as KubeObject);
    const patched = applyJsonPatch(written, patch);
    expect(patched.ok && patched.value).toMatchObject({
      metadata: { labels: { "platform.example.com/workload-class": "general", "platform.example.com/cost-owner": "checkout" } },
      spec: { nodeSelector: { "workload-class": "general" } },
    });
  });
});

/** Each rule's own examples, the repository's examples, and what stands above: every finding that we can provoke. */
const provocations: readonly (readonly [string, string])[] = [
  ...allRules.flatMap(({ id, examples }) => [[`${id} denied`, examples.denied] as const, [`${id} admitted`, examples.admitted] as const]),
  ...["refused/two-faults", "refused/unknown-field", "billing-api/profile"].map(
    (name) => [name, yamlText(`examples/${name}.yaml`)] as const,
  ),
];

const names = platformNames();
const form = objectFormer({ names, namespace: "default" });
const policies = policySet();

/** The results for the objects of a text, beside the lab's infrastructure where asked. */
function resultsOf(text: string): ReturnType<typeof checkResults> & { readonly written: readonly KubeObject[] } {
  const { manifests } = parseManifests("test.yaml", text);
  const judged = manifests.map((manifest) => ({ ...manifest, written: manifest.object, ...form(manifest.object) }));
  return { ...checkResults({ manifests: judged, names }, policies), written: manifests.map(({ object }) => object) };
}

it.each(provocations)("each finding's path is a JSON Pointer that resolves in the object that was written: %s", (_name, text) => {
  const { results, faults, written } = resultsOf(`${text}---\n${yamlText(infrastructureFile)}`);
  expect(faults).toEqual([]);
  const lost = results.flatMap(({ findings }, index) =>
    findings.flatMap(({ rule, path }) => (valueAt(written[index], pointerTokens(path)) === undefined ? [`${rule} ${path}`] : [])),
  );
  expect(lost).toEqual([]);
});

function valueAt(value: unknown, tokens: readonly string[]): unknown {
  return tokens.reduce<unknown>(
    (at, token) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[token] : undefined),
    value,
  );
}

const bounded = "runtimeClass: general, scaling: {maxReplicas: 4}, disruption: {maxUnavailable: 1}";

describe("siblings", () => {
  check(
    "what concerns two objects stands on each",
    [deploymentText({ spec: "replicas: 1" }), budgetText()],
    ["Deployment shop/web: denied DRAIN-002", "PodDisruptionBudget shop/web: denied DRAIN-002"],
  );
  check(
    "two budgets on one workload are both refused, and the workload too",
    [deploymentText({ spec: "replicas: 3" }), budgetText(), budgetText({ name: "other" })],
    [
      "Deployment shop/web: denied DRAIN-005",
      "PodDisruptionBudget shop/web: denied DRAIN-005",
      "PodDisruptionBudget shop/other: denied DRAIN-005",
    ],
  );
  check(
    "a workload outside its profile's bounds, and the profile that it is outside of, are both refused",
    [deploymentText({ spec: "replicas: 9" }), profileText({ spec: bounded })],
    ["Deployment shop/web: denied SCALE-001", "WorkloadProfile shop/web: denied SCALE-001"],
  );
  check(
    "another namespace is no neighbour",
    [deploymentText({ spec: "replicas: 1", namespace: "other" }), budgetText()],
    ["Deployment other/web: allowed", "PodDisruptionBudget shop/web: allowed"],
  );

  function check(statement: string, texts: readonly string[], expected: readonly string[]): void {
    it(statement, async () => {
      const { report } = await reportOf(["-"], texts.join("---\n"));
      expect(verdicts(report)).toEqual(expected);
    });
  }

  it("the order of the files never matters", () => {
    const texts = [
      deploymentText({ spec: "replicas: 1" }),
      budgetText(),
      budgetText({ name: "other", spec: "maxUnavailable: 0" }),
      profileText(),
      deploymentText({ name: "api" }),
      podText,
      yamlText(infrastructureFile),
    ];
    const judged = (shuffled: readonly string[]): readonly string[] =>
      resultsOf(shuffled.join("---\n"))
        .results.map((result) => JSON.stringify(result))
        .sort();
    const expected = judged(texts);
    expect(expected.filter((result) => result.includes('"allowed":false')).length).toBe(5);
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (shuffled) => {
        expect(judged(shuffled)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe("what the files say about the cluster", () => {
  it("a namespace without its object exists, without labels; its object brings the cost owner", async () => {
    const profile = profileText().replace(", labels: {platform.example.com/cost-owner: checkout}", "");
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {platform.example.com/cost-owner: checkout}}\n";
    const rules = async (text: string): Promise<readonly string[]> =>
      (await reportOf(["-"], text)).report.results.flatMap(({ findings }) => findings.map(({ rule }) => rule));
    expect(await rules(profile)).toContain("COST-001");
    expect(await rules(`${profile}---\n${namespace}`)).not.toContain("COST-001");
  });

  it("without a NodePool nothing is judged against capacity, and a note says so", async () => {
    const huge = deploymentText().replace("{cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}", "{cpu: 600, memory: 128Mi}");
    const alone = await reportOf(["-"], huge);
    expect(alone.stderr).toContain("note: no NodePool among the files");
    const beside = await reportOf(["-", infrastructureFile], huge);
    expect(beside.stderr).not.toContain("no NodePool");
    const rulesOf = (report: Report): readonly string[] => report.results.flatMap(({ findings }) => findings.map(({ rule }) => rule));
    expect([rulesOf(alone.report).includes("POOL-002"), rulesOf(beside.report).includes("POOL-002")]).toEqual([false, true]);
  });

  it("objects that name no namespace go where -n says, and to default without it", async () => {
    const text = deploymentText().replace(", namespace: shop", "");
    const namespaces = async (args: readonly string[]): Promise<readonly string[]> =>
      (await reportOf([...args, "-"], text)).report.results.map(({ namespace }) => namespace);
    expect(await namespaces([])).toEqual(["default"]);
    expect(await namespaces(["-n", "shop"])).toEqual(["shop"]);
  });

  it("what stands in kube-system never meets admission, and a note says so", async () => {
    const { code, stderr } = await reportOf(
      ["-"],
      deploymentText({ namespace: "kube-system" }).replace(/resources: .*}}}/, "resources: {}}"),
    );
    expect(stderr).toContain("note: namespace kube-system never meets admission");
    expect(code).toBe(0);
  });

  it("a company's own domain names its profiles", async () => {
    const text = `${deploymentText({ spec: "replicas: 9" })}---\n${profileText({ spec: bounded }).replaceAll("platform.example.com", "apps.acme.io")}`;
    expect((await reportOf(["-"], text)).stderr).toContain("name its domain with --domain");
    expect(verdicts((await reportOf(["--domain", "apps.acme.io", "-"], text)).report)[0]).toBe("Deployment shop/web: denied SCALE-001");
  });
});

it("text for people names each object once, with each finding and its fix below, and counts", async () => {
  const { stdout } = await runPlimsoll(["check", "-"], `${deploymentText()}---\n${budgetText({ spec: "maxUnavailable: 0" })}`);
  expect(stdout).toMatchInlineSnapshot(`
    "DENIED   Deployment shop/web
      warn: [BIND-004] Deployment web has no WorkloadProfile; class "general" is assumed
        fix: add a WorkloadProfile
      [DRAIN-004] PodDisruptionBudget "web" sets maxUnavailable: 0; it blocks every drain
        fix: use maxUnavailable: 1, or delete the PDB
        also: PodDisruptionBudget shop/web
      warn: [DRAIN-011] container "app" has no readinessProbe; PDB "web" counts replacements as healthy at once
        fix: add readinessProbe
      audit: 1 finding (--audit tells them)
    DENIED   PodDisruptionBudget shop/web
      [DRAIN-004] as told of Deployment shop/web
      audit: 1 finding (--audit tells them)
    0 allowed, 2 denied
    "
  `);
});
