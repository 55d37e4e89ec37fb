/**
 * A platform team's day on the real control plane: NodePools reviewed at the door, policies edited under a running `plimsoll serve`,
 * exemptions and grandfathering. Stories that leave nothing behind come first; each edit starts from the shipped policies.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { describeScenarios, type Scenario, type Stage } from "../support/scenario-suite.ts";
import { budget, container, deployment, modest, profile, statefulSet } from "../support/team-manifests.ts";
import { yamlText } from "../support/yaml-objects.ts";

const shipped = yamlText("policies.yaml");
const a0 = "examples/lab/a0-infrastructure.yaml";
const seeds = "test/policies/review/input";
const dayMs = 86_400_000;
const autoscaler = "--as=system:serviceaccount:kube-system:horizontal-pod-autoscaler --as-group=system:masters";

const pools: readonly Scenario[] = [
  {
    title: "scenario 30: the seeds' own NodePools and NodeClasses, as kubectl applies them",
    golden: "platform-30-seeds",
    play: async ({ terminal }) => {
      for (const name of ["general-purpose", "batch-spot", "regulated", "system", "default"]) {
        expect(await terminal.type(`kubectl apply -f ${seeds}/${name}.yaml`)).toMatchObject({ code: 1 });
      }
      await terminal.type("kubectl get nodepools");
    },
  },
  {
    title: "S048, scenario 34: an Auto Mode pool with too long a life and Karpenter's own key gets its key translated",
    golden: "platform-34-auto-mode",
    play: async ({ terminal }) => {
      const key = "karpenter.k8s.aws/instance-category";
      const ref = { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" };
      await terminal.file(
        "auto.yaml",
        nodePool("general-auto", { ref, expireAfter: "720h", requirements: [{ key, operator: "In", values: ["c", "m"] }] }),
      );
      await refused(terminal.type("kubectl apply -f auto.yaml"));
    },
  },
  {
    title: "scenario 32: 10 % of a pool of one node is that node",
    golden: "platform-32-one-node",
    play: async ({ terminal }) => {
      await terminal.type("kubectl label node general-a karpenter.sh/nodepool=general-flex");
      await terminal.type(`kubectl apply -f ${a0}`);
      const share = JSON.stringify({ spec: { disruption: { budgets: [{ nodes: "10%" }] } } });
      const patch = `kubectl patch nodepool general-flex --type=merge --dry-run=server -p '${share}'`;
      expect((await terminal.type(patch)).stderr).toContain("1 node may go");
      await terminal.type("kubectl label node general-a karpenter.sh/nodepool-");
    },
  },
  {
    title: "S045, scenario 33: a second pool for the same Pods is told which of the two decides",
    golden: "platform-33-two-pools",
    play: async ({ terminal }) => {
      const ref = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default-private" };
      const requirements = [{ key: "karpenter.k8s.aws/instance-category", operator: "In", values: ["c", "m", "r"] }];
      await terminal.file("second.yaml", nodePool("general-second", { ref, expireAfter: "336h", requirements }));
      await terminal.type("kubectl apply -f second.yaml");
    },
  },
  {
    title: "S067, scenario 35: a class that the namespace was not granted names whom to ask",
    golden: "platform-35-not-granted",
    play: async ({ terminal }) => {
      const regulated = {
        security: { dataClassification: "restricted" },
        storage: { backup: "daily" },
        disruption: { window: [{ schedule: "0 2 * * 6", duration: "2h", timezone: "UTC" }] },
      };
      await terminal.file("profile.yaml", profile("vault", { runtimeClass: "regulated", ...regulated }));
      await refused(terminal.type("kubectl apply -f profile.yaml"));
    },
  },
];

const edits: readonly Scenario[] = [
  {
    title: "scenario 24: a tab in the policies refuses the file at its line and column; the bundle before it stays",
    golden: "platform-24-tab",
    play: async (stage) => {
      const { terminal } = stage;
      await terminal.file("alone.yaml", deployment({ replicas: 1, resources: modest }), budget("web", { maxUnavailable: 0 }));
      const before = await terminal.type("kubectl apply -f alone.yaml");
      const broken = shipped.replace(/^ {2}DRAIN-002:/m, "\tDRAIN-002:");
      expect(await edit(stage, broken, "refused")).toBe(`policies.yaml:${lineOf(broken, "\tDRAIN")}:1: tab character cannot start a token`);
      const after = await terminal.type("kubectl apply -f alone.yaml");
      expect(bundleOf(after.stderr)).toBe(bundleOf(before.stderr));
      expect(await stage.serve.metrics()).toContain("plimsoll_policy_load_failed 1");
    },
  },
  {
    title: "scenario 29: a rule of ours that fails its own test refuses the file, and is named",
    golden: "platform-29-self-test",
    play: async (stage) => {
      const failing = shipped.replace("item.image.contains('@sha256:')", "item.image != ''");
      expect(await edit(stage, failing, "refused")).toContain(`policies.yaml:${lineOf(failing, "- name: tag denied")}:`);
    },
  },
  {
    title: "scenario 26: an exemption lets a workload in while it lasts; after that a change is refused, and a restart is not",
    golden: "platform-26-exemption",
    play: async (stage) => {
      const { terminal } = stage;
      const ledger = { name: "ledger-db", replicas: 1 };
      await terminal.file("ledger.yaml", statefulSet({ ...ledger, resources: modest }), budget("ledger-db", { minAvailable: 1 }));
      await refused(terminal.type("kubectl apply -f ledger.yaml"));
      await terminal.prepare("kubectl delete statefulset ledger-db --ignore-not-found");
      await edit(stage, `${shipped}${exemption(dayAfter(26))}`, "taken");
      await terminal.type("kubectl apply -f ledger.yaml");
      await terminal.watch("kubectl get pod ledger-db-0 -o custom-columns=PHASE:.status.phase", /Running/);
      await edit(stage, `${shipped}${exemption(dayAfter(-1))}`, "taken");
      await terminal.type("kubectl delete pod ledger-db-0");
      await terminal.watch("kubectl get pod ledger-db-0 -o custom-columns=PHASE:.status.phase", /Running/);
      await refused(terminal.type("kubectl set resources statefulset ledger-db --requests=cpu=200m,memory=128Mi"));
    },
  },
  {
    title: "scenario 27: a workload from before the day keeps its Pods and its autoscaler; an edit of its template is judged",
    golden: "platform-27-grandfather",
    play: async (stage) => {
      const { terminal } = stage;
      const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } };
      const podSpec = { containers: [container("web", resources), container("proxy", modest)] };
      await terminal.file("old.yaml", deployment({ podSpec }), budget("web", { minAvailable: "100%" }));
      await edit(stage, shipped.replace(/^ {2}(DRAIN-002|DRAIN-007|REQ-002):.*$/gm, '  $1: { action: "off" }'), "taken");
      await terminal.prepare("kubectl apply -f old.yaml");
      const [before, until] = [new Date(Date.now() + 1_000).toISOString(), dayAfter(200)];
      const grandfather = `{ before: "${before}", until: "${until}", unlessChanged: [spec.template, spec.replicas] }`;
      await edit(stage, shipped.replace("settings:\n", `settings:\n  grandfather: ${grandfather}\n`), "taken");
      await terminal.type(`kubectl scale deploy web --replicas=4 ${autoscaler}`);
      await terminal.watch("kubectl get deploy web -o custom-columns=READY:.status.readyReplicas", /4/);
      await terminal.prepare("kubectl delete pods -l app=web");
      await terminal.watch("kubectl get pods -o custom-columns=PHASE:.status.phase --no-headers", /^(Running\n){4}$/);
      await refused(terminal.type("kubectl set image deployment/web proxy=registry.example.com/proxy:1.5.0"));
    },
  },
];

await describeScenarios({
  title: "a platform team on the real control plane",
  nodes: ["general"],
  given: [],
  scenarios: [...pools, ...edits],
});

/** Writes the policies that serve reads and waits until it says what became of them; shows and returns why, where it refuses them. */
async function edit({ policies, serve, terminal }: Stage, text: string, outcome: "taken" | "refused"): Promise<string> {
  expect(text).not.toBe(await readFile(policies, "utf8"));
  const told = outcome === "taken" ? "policies.yaml is in force" : "policies.yaml was refused";
  const lines = () => serve.log().filter(({ msg }) => String(msg).startsWith("policies.yaml "));
  const before = lines().length;
  // In one step: half a file would be told of too.
  await writeFile(`${policies}.new`, text);
  await rename(`${policies}.new`, policies);
  await expect.poll(() => lines().length).toBe(before + 1);
  const last = lines().at(-1);
  expect(last?.["msg"], JSON.stringify(last)).toMatch(told);
  if (outcome === "taken") return "";
  const errors = String(last?.["errors"]).replaceAll(policies, "policies.yaml");
  terminal.show(errors);
  return errors;
}

function exemption(expires: string): string {
  return `
exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001, DRAIN-002]
    match: { namespace: platform-26-exemption, kind: StatefulSet, name: ledger-db }
    owner: dba
    reason: single-writer database, failover tested (ticket OPS-881)
    expires: "${expires}"
`;
}

function lineOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split("\n").length;
}

function dayAfter(days: number): string {
  return new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);
}

function bundleOf(text: string): string | undefined {
  return /bundle ([0-9a-f]{8})/.exec(text)?.[1];
}

async function refused(running: Promise<{ readonly code: number | null }>): Promise<void> {
  expect(await running).toMatchObject({ code: 1 });
}

function nodePool(
  name: string,
  of: { readonly ref: object; readonly expireAfter: string; readonly requirements: readonly object[] },
): object {
  const requirements = [
    { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
    { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
    ...of.requirements,
  ];
  const spec = { nodeClassRef: of.ref, requirements, expireAfter: of.expireAfter, terminationGracePeriod: "1h" };
  const disruption = { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "5m", budgets: [{ nodes: "1" }] };
  const template = { metadata: { labels: { "workload-class": "general" } }, spec };
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name, labels: { "platform.example.com/cost-owner": "platform" } },
    spec: { template, disruption, limits: { cpu: "100", memory: "200Gi" } },
  };
}
