/**
 * The audit on the real control plane: what enters while every process of ours is dead is listed once one is back.
 *
 * Runs under the rights that deploy/ gives, so that each line of the role that the audit needs is asked for here.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { ReportContent } from "../../src/api/policy-report.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";
import { yamlText } from "../support/yaml-objects.ts";

const root = resolve(import.meta.dirname, "../..");
const exemptions = `exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001, DRAIN-002]
    match: { namespace: shop, kind: Deployment, name: ledger }
    owner: dba@example.com
    reason: single writer, failover tested
    expires: "${new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10)}"
`;

await describeOnControlPlane("the audit on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let policies: string;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler"] });
    await installPlimsoll(controlPlane);
    await apply("deploy/policy-reports");
    await create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels: { "platform.example.com/cost-owner": "checkout" } },
    });
    policies = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
    await writeFile(policies, `${yamlText("policies.yaml").replace(/^exemptions:[^]*?(?=^\S)/m, "")}\n${exemptions}`);
    serve = await startServe({ controlPlane, provider: "none", policies });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("refuses a workload that no drain could ever move, while a process is there", async () => {
    await expect.poll(async () => (await create(budget("probe", { maxUnavailable: 0 }), true)).code).toBe(1);
  });

  it("scenario 49: lists what entered while the webhook was down, with its verdict, within seconds of its return", async () => {
    await serve.stop("SIGKILL");
    // The second of the registration itself counts as before it.
    await new Promise((later) => setTimeout(later, 1_100));
    for (const name of ["web", "ledger"]) {
      expect(await create(deployment(name))).toMatchObject({ code: 0 });
      expect(await create(budget(name, { minAvailable: 1 }))).toMatchObject({ code: 0 });
    }
    serve = await startServe({ controlPlane, provider: "none", policies });
    await expect.poll(async () => (await report())?.summary.fail ?? 0, { interval: 250 }).toBeGreaterThan(0);
    const found = await report();
    expect(found?.results).toContainEqual(
      expect.objectContaining({
        policy: "DRAIN-002",
        result: "fail",
        resources: [expect.objectContaining({ kind: "Deployment", name: "web", namespace: "shop" })],
        properties: expect.objectContaining({ action: "deny", entered: "unseen", owner: "checkout" }) as unknown,
      }),
    );
  });

  it("skips what an exemption lets be, and says which", async () => {
    const result = (await report())?.results.find(
      ({ policy, resources }) => policy === "DRAIN-002" && resources[0]?.name === "ledger" && resources[0].kind === "Deployment",
    );
    expect(result).toMatchObject({ result: "skip", properties: { exemption: "EX-2026-014", exemptionOwner: "dba@example.com" } });
  });

  it("counts by owner, and what entered unseen", async () => {
    const lines = (await serve.metrics()).split("\n");
    expect(lines).toContainEqual(
      expect.stringMatching(/^plimsoll_audit_findings\{namespace="shop",owner="checkout",rule="DRAIN-002",action="deny"\} [1-9]/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^plimsoll_audit_entered_unseen\{namespace="shop"\} [1-9]/));
    expect(lines).toContainEqual('plimsoll_exemption_objects{exemption="EX-2026-014"} 2');
  });

  it("takes the result away when the fault is mended", async () => {
    for (const name of ["web", "ledger"]) await controlPlane.kubectl(["delete", "pdb", name, "-n", "shop"]);
    await expect.poll(async () => (await report())?.summary.fail ?? 0, { interval: 250 }).toBe(0);
  });

  it("tells of two objects that were sent at once, and that each passed without the other", async () => {
    const post = (path: string, body: object) => controlPlane.request({ method: "POST", path, body });
    const pairs = Array.from({ length: 20 }, (_unused, index) => `pair-${index}`);
    let entered: string | undefined;
    for (const name of pairs) {
      const both = await Promise.all([
        post("/apis/apps/v1/namespaces/shop/deployments", deployment(name, 2)),
        post("/apis/policy/v1/namespaces/shop/poddisruptionbudgets", budget(name, { minAvailable: 2 })),
      ]);
      if (both.some(({ status }) => status !== 201)) continue;
      entered = name;
      break;
    }
    if (entered === undefined) throw new Error("no pair passed: one of the two always knew of the other");
    const told = async () =>
      (await eventsOf("shop")).filter(
        ({ reason, message, involvedObject }) =>
          reason === "PolicyViolation" && message.includes("[DRAIN-002]") && involvedObject.name === entered,
      );
    await expect.poll(async () => (await told()).length, { timeout: 15_000, interval: 100 }).toBeGreaterThan(0);
    await expect
      .poll(async () => JSON.stringify((await report())?.results ?? []).includes(`"${entered}"`), { timeout: 15_000, interval: 100 })
      .toBe(true);
  }, 60_000);

  it("reads an object whole that is too large to be held, with the rights that it has", async () => {
    expect(await create(deployment("large", 2, ["x".repeat(1_000_000)]))).toMatchObject({ code: 0 });
    const judged = expect.objectContaining({
      policy: "BIND-004",
      result: "warn",
      resources: [expect.objectContaining({ kind: "Deployment", name: "large" })],
    }) as unknown;
    await expect.poll(async () => (await report())?.results ?? [], { timeout: 15_000, interval: 250 }).toContainEqual(judged);
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  async function apply(folder: string): Promise<void> {
    expect(await controlPlane.kubectl(["apply", "--server-side", "-k", resolve(root, folder)])).toMatchObject({ code: 0 });
    await controlPlane.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  }

  function create(object: object, dryRun = false) {
    return controlPlane.kubectl(["create", ...(dryRun ? ["--dry-run=server"] : []), "-f", "-"], { stdin: stringify(object) });
  }

  async function eventsOf(namespace: string): Promise<readonly ToldEvent[]> {
    const { body } = await controlPlane.request({ method: "GET", path: `/api/v1/namespaces/${namespace}/events` });
    return (body as { readonly items: readonly ToldEvent[] }).items;
  }

  async function report(): Promise<ReportContent | undefined> {
    const got = await controlPlane.kubectl(["get", "policyreport", "plimsoll", "-n", "shop", "-o", "json"]);
    return got.code === 0 ? (JSON.parse(got.stdout) as ReportContent) : undefined;
  }
});

interface ToldEvent {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

function deployment(name: string, replicas = 1, args: readonly string[] = []): object {
  const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: "app", image: "registry.example.com/app:1", args, resources }] },
  };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "shop" }, spec };
}

function budget(name: string, bound: object): object {
  const spec = { selector: { matchLabels: { app: name } }, ...bound };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name, namespace: "shop" }, spec };
}
