/**
 * `plimsoll policy`, `rules` and `class`: what they answer, with which exit code, and in which words.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { policiesText } from "../support/admission.ts";
import { deploymentText, infrastructureFile } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

/** Writes files into a folder of their own; returns the path of each. */
function written<const Name extends string>(files: Readonly<Record<Name, string>>): Readonly<Record<Name, string>> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-policy-"));
  const paths = Object.entries<string>(files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return [name, path];
  });
  return Object.fromEntries(paths) as Readonly<Record<Name, string>>;
}

const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
const exemption = (id: string, name: string, expires = soon): string =>
  `  - {id: ${id}, rules: [DRAIN-001], match: {namespace: shop, name: ${name}}, owner: dba, reason: one writer, approved: "2026-01-05", expires: "${expires}"}\n`;

describe("policy check", () => {
  it("says that the shipped policies are good", async () => {
    const { code, stdout, stderr } = await runPlimsoll(["policy", "check"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^policies\.yaml: good, bundle [0-9a-f]{8}: 7 classes, \d+ rules, 1 custom rules, 0 exemptions\n$/);
  });

  it("refuses a bad file with every error, and exit code 2", async () => {
    const { bad } = written({ bad: policiesText.replace("  DRAIN-002:", "  DRAIN-02:") });
    const { code, stdout, stderr } = await runPlimsoll(["policy", "check", bad]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^.*:\d+:3: rules\.DRAIN-02: no such rule; nearest DRAIN-002\n$/);
  });

  it("warns of NodePools that are not there, and fails for them under --strict", async () => {
    const pools = ["system-on-demand", "memory-optimized", "gpu-training", "regulated-on-demand"];
    const lax = await runPlimsoll(["policy", "check", "policies.yaml", infrastructureFile]);
    expect(lax.code).toBe(0);
    expect(lax.stderr.split("\n").filter((line) => line !== "")).toEqual(
      pools.map(
        (pool, index) => `warning: classes.${["system", "memory", "gpu", "regulated"][index] ?? ""}.pools: NodePool "${pool}" not found`,
      ),
    );
    const strict = await runPlimsoll(["policy", "check", "--strict", "policies.yaml", infrastructureFile]);
    expect([strict.code, strict.stderr.startsWith('error: classes.system.pools: NodePool "system-on-demand" not found\n')]).toEqual([
      1,
      true,
    ]);
    expect((await runPlimsoll(["policy", "check", "--strict"])).code).toBe(0);
  });

  it("tells exemptions that match nothing and that have ended", async () => {
    const files = written({
      "policies.yaml": `${policiesText}exemptions:\n${exemption("EX-1", "web", "2026-06-01")}${exemption("EX-2", "gone", "2026-06-30")}`,
      "web.yaml": deploymentText(),
    });
    const { code, stderr } = await runPlimsoll(["policy", "check", "-n", "shop", files["policies.yaml"], files["web.yaml"]]);
    expect([code, stderr]).toEqual([
      0,
      "warning: EX-1 expired on 2026-06-01 (owner dba)\nwarning: EX-2 expired on 2026-06-30 (owner dba)\nwarning: EX-2 matches no object (stale)\n",
    ]);
  });

  it("reads a folder of policies, and the objects of cases beside them", async () => {
    const tag = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'a:1'}]}\n";
    const files = written({
      "policies/10-base.yaml": policiesText,
      "policies/20-own.yaml": `custom-: {}\n`,
      "fine/10-base.yaml": policiesText.replace(/^custom:[\s\S]*?\n\n/m, ""),
      "fine/20-own.yaml": `custom: [{id: X-B-1, expression: "false", tests: [{name: tag, object: fixtures/tag.yaml, expect: deny}]}]\n`,
      "fine/fixtures/tag.yaml": tag,
    });
    const bad = await runPlimsoll(["policy", "check", dirname(files["policies/10-base.yaml"])]);
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/20-own\.yaml:1:1: custom-: unknown key; did you mean custom\n$/)]);
    const fine = await runPlimsoll(["policy", "check", dirname(files["fine/10-base.yaml"])]);
    expect([fine.code, fine.stderr]).toEqual([0, ""]);
  });
});

describe("policy test", () => {
  it("runs the cases of custom rules", async () => {
    const { code, stdout } = await runPlimsoll(["policy", "test"]);
    expect([code, stdout.split("\n").slice(0, 2)]).toEqual([0, ['ok    X-IMG-001 "tag denied"', 'ok    X-IMG-001 "digest ok"']]);
    expect(stdout).toContain("\ncustom rules: 2 held, 0 failed\n");
  });

  it("runs the examples of every built-in rule under the policies, and finds all of them in the shipped ones", async () => {
    const { stdout } = await runPlimsoll(["policy", "test"]);
    const lines = stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("note"))).toEqual([]);
    expect(lines).toContain("ok    DRAIN-002 deny");
    expect(lines).toContain("ok    DRAIN-011 warn");
    const told = lines.filter((line) => /^(ok {4}|off {3})[A-Z]+-\d{3}( \w+)?$/.test(line)).map((line) => line.split(/ +/)[1]);
    expect(told).toEqual(allRules.map(({ id }) => id));
  });

  it("says which rules are off, and which find otherwise, without failing", async () => {
    const { other } = written({
      other: policiesText.replace(/^ {2}DRAIN-011:.*$/m, '  DRAIN-011: { action: "off" }'),
    });
    const { code, stdout } = await runPlimsoll(["policy", "test", other]);
    expect([code, stdout.split("\n").filter((line) => line.includes("DRAIN-011"))]).toEqual([0, ["off   DRAIN-011"]]);
    expect(stdout).toMatch(/built-in rules: \d+ find what their examples show, 0 find otherwise, [1-9]\d* are off\n/);
  });

  it("says of a rule that its scope leaves its example out", async () => {
    const { scoped } = written({
      scoped: policiesText
        .replace(/^rules:\n/m, 'rules:\n  DRAIN-004: { action: deny, scope: { namespaces: ["other-*"] } }\n')
        .replace(/^ {2}DRAIN-004: \{ action: deny \}.*\n/m, ""),
    });
    const { code, stdout } = await runPlimsoll(["policy", "test", scoped]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("note  DRAIN-004: its denied example does not draw it")]);
  });

  it("fails where one comes out otherwise", async () => {
    const { bad } = written({
      bad: policiesText.replace("expression: item.image.contains('@sha256:')", "expression: item.image.contains(':')"),
    });
    const { code, stdout } = await runPlimsoll(["policy", "test", bad]);
    expect([code, stdout.split("\n")[0]]).toEqual([1, 'FAIL  X-IMG-001 "tag denied": expected deny, got allow']);
  });
});

describe("policy diff", () => {
  const generous = 'resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {cpu: "4", memory: 8Gi}}';
  const files = written({
    "old.yaml": policiesText.replace("REQ-002: { action: deny", "REQ-002: { action: audit"),
    "new.yaml": policiesText,
    "web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {platform.example.com/cost-owner: billing}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "web:1", readinessProbe: {httpGet: {path: /, port: 80}}, ${generous}}]}
`,
  });

  it("lists the objects whose verdict changes, by owner, and exits 1 where one is newly denied", async () => {
    const { code, stdout } = await runPlimsoll(["policy", "diff", files["old.yaml"], files["new.yaml"], files["web.yaml"]]);
    expect([code, stdout]).toEqual([
      1,
      "billing:\n  Deployment shop/web: warned -> denied (REQ-002)\n1 objects change verdict, 1 newly denied\n",
    ]);
    const back = await runPlimsoll(["policy", "diff", files["new.yaml"], files["old.yaml"], files["web.yaml"]]);
    expect([back.code, back.stdout]).toEqual([
      0,
      "billing:\n  Deployment shop/web: denied -> warned (REQ-002)\n1 objects change verdict, 0 newly denied\n",
    ]);
  });

  it("says nothing of an edit that changes nothing, and asks for something to compare on", async () => {
    const same = await runPlimsoll(["policy", "diff", "-o", "json", files["new.yaml"], files["new.yaml"], files["web.yaml"]]);
    expect([same.code, JSON.parse(same.stdout)]).toMatchObject([0, { changes: [], summary: { changed: 0, newlyDenied: 0 } }]);
    const none = await runPlimsoll(["policy", "diff", files["old.yaml"], files["new.yaml"]]);
    expect([none.code, none.stderr]).toEqual([2, "nothing to compare on: name manifests, or use --with-cluster\n"]);
  });
});

describe("rules", () => {
  it("S115: lists every rule with its action, and what stays a team's own", async () => {
    const { code, stdout } = await runPlimsoll(["rules"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^DRAIN-002 +deny +A PodDisruptionBudget that leaves 0 evictions/m);
    expect(stdout).toMatch(/^X-IMG-001 +deny +a rule of your own$/m);
    const owned = stdout.split("which rules look at it:\n")[1]?.trim().split("\n") ?? [];
    expect(owned).toHaveLength(11);
    expect(owned.find((line) => line.includes("requests and limits"))).toMatch(/REQ/);
  });

  it("explains one: its action and line, its page, its parameters, an example each way", async () => {
    const { code, stdout } = await runPlimsoll(["rules", "req-002"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^REQ-002: .+\naction: deny, policies\.yaml:\d+ \(default deny\)\npage: https:\/\/platform\.example\.com\/rules\/REQ-002\nparam cpu: 10 \(1 and more\): /,
    );
    expect(stdout).toMatch(/\nLet in:\n {2}apiVersion: [\s\S]+\nFound:\n {2}apiVersion: /);
  });

  it("names the nearest rule where there is none of that id", async () => {
    expect(await runPlimsoll(["rules", "DRAIN-99"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^no such rule: DRAIN-99; nearest DRAIN-0/) as string,
    });
  });
});

describe("class", () => {
  it("S123: prints minimum, maximum and default of what may be requested", async () => {
    const { code, stdout } = await runPlimsoll(["class", "general"]);
    expect(code).toBe(0);
    expect(stdout).toContain("  cpu request           50m to 8, default 250m\n  memory request        64Mi to 32Gi, default 256Mi\n");
    expect(stdout).toContain("  zone spread           required from 3 replicas on\n");
    expect(stdout).toContain("  budget                minAvailable 80%\n");
  });

  it("S123: tells a namespace its own values, and a grant whom to ask", async () => {
    expect((await runPlimsoll(["class", "general", "-n", "dev-anna"])).stdout).toContain("  single replica        warn\n");
    expect((await runPlimsoll(["class", "regulated"])).stdout).toContain(
      "  open to               namespaces labelled data-classification=restricted; ask security@example.com\n  while nobody answers  requests are refused\n",
    );
  });

  it("lists the catalogue, and names the nearest class", async () => {
    expect((await runPlimsoll(["class"])).stdout).toContain("general    stateless services (default)\n");
    expect(await runPlimsoll(["class", "genral"])).toMatchObject({ code: 2, stderr: "no such class: genral; nearest general\n" });
  });
});
