/**
 * The lab on the real control plane, as its students type it: A0 to A3 are taken, A4 is refused in words. examples/lab is applied as it
 * stands; A4 changes one thing of it at a time.
 */
import { expect } from "vitest";
import { describeScenarios, type Scenario } from "../support/scenario-suite.ts";
import type { Terminal } from "../support/terminal.ts";
import { yamlText } from "../support/yaml-objects.ts";

const budgetColumns =
  "MIN:.spec.minAvailable,MAX:.spec.maxUnavailable,UNHEALTHY:.spec.unhealthyPodEvictionPolicy,OWNER:.metadata.ownerReferences[0].kind,ALLOWED:.status.disruptionsAllowed";
const a0 = "examples/lab/a0-infrastructure.yaml";
const checkout = documentsOf("examples/lab/a1-checkout-api.yaml");
const exporter = documentsOf("examples/lab/a2-invoice-export-worker.yaml");
const fraud = documentsOf("examples/lab/a3-fraud-model-batch.yaml");
const infrastructure = documentsOf(a0);

const taken: readonly Scenario[] = [
  {
    title: "lab A0: three NodePools and their NodeClass get no denial",
    golden: "lab-a0",
    play: async ({ terminal }) => {
      const applied = await terminal.type(`kubectl apply -f ${a0}`);
      expect(applied.stderr).not.toContain("Forbidden");
      await terminal.type("plimsoll lab check examples/lab");
    },
  },
  {
    title: "S237: lab A1: checkout-api keeps its 80 %, and its profile says what the loss of a zone leaves",
    golden: "lab-a1",
    namespace: "checkout",
    labels: { "platform.example.com/cost-owner": "checkout" },
    play: async ({ terminal }) => {
      await terminal.type("kubectl apply -f examples/lab/a1-checkout-api.yaml");
      await terminal.watch("kubectl get wlp checkout-api", / 1\/1 .*True +True +True/);
      await terminal.watch(`kubectl get pdb checkout-api -o custom-columns=${budgetColumns}`, /80%.* 1$/m);
      await terminal.watch(
        "kubectl get wlp checkout-api -o custom-columns='MESSAGE:.status.conditions[?(@.type==\"ZoneSpread\")].message'",
        /4 of 6/,
      );
    },
  },
  {
    title: "S238: lab A2: invoice-export-worker may be interrupted, at every number of replicas",
    golden: "lab-a2",
    namespace: "billing",
    labels: { "platform.example.com/cost-owner": "billing" },
    play: async ({ terminal }) => {
      await terminal.type("kubectl apply -f examples/lab/a2-invoice-export-worker.yaml");
      await terminal.watch(`kubectl get pdb invoice-export-worker -o custom-columns=${budgetColumns}`, /20%.* 2$/m);
      await terminal.watch("kubectl get wlp invoice-export-worker", / 2\/1 .*True +True +True/);
      await terminal.type(podColumns("app=invoice-export-worker"));
      await terminal.type("kubectl scale deployment/invoice-export-worker --replicas=200 --dry-run=server");
      await terminal.type("kubectl scale deployment/invoice-export-worker --replicas=0");
    },
  },
  {
    title: "S239: lab A3: a run of fraud-model-batch by hand counts no interruption as a failure, whoever wrote that into the Job",
    golden: "lab-a3",
    namespace: "fraud",
    labels: { "platform.example.com/cost-owner": "fraud" },
    play: async ({ terminal }) => {
      await terminal.type("kubectl apply -f examples/lab/a3-fraud-model-batch.yaml");
      await terminal.type("kubectl create job by-hand --from=cronjob/fraud-model-batch");
      await terminal.type(jobColumns("by-hand"));
      await terminal.file("forgetful.yaml", cut(fraud[1], /^ {6}podFailurePolicy:\n(?: {8}.*\n)+/m));
      await terminal.type("kubectl apply -f forgetful.yaml");
      await terminal.type("kubectl create job forgetful --from=cronjob/fraud-model-batch");
      await terminal.type(jobColumns("forgetful"));
      await terminal.watch(
        "kubectl get pods -l job-name=forgetful -o custom-columns=CLASS:.spec.nodeSelector,CPU:.spec.containers[0].resources.requests.cpu --no-headers",
        /^(map\[workload-class:compute\] +7\n){10}$/,
      );
      await terminal.type("kubectl get pdb");
    },
  },
];

const refused: readonly Scenario[] = [
  refusal("S241: lab A4: checkout-api in class batch", "lab-a4-batch", swap(checkout[0], "runtimeClass: general", "runtimeClass: batch")),
  refusal("lab A4: checkout-api of one replica", "lab-a4-single", swap(checkout[0], "minReplicas: 6", "minReplicas: 1")),
  refusal(
    "S242: lab A4: invoice-export-worker without its guarantees",
    "lab-a4-guarantees",
    cut(exporter[0], /^ {4}idempotent: true\n {4}guarantees:\n(?: {6}.*\n)+/m),
  ),
  {
    title: "S243: lab A4: fraud-model-batch without retries",
    golden: "lab-a4-retries",
    play: async ({ terminal }) => {
      await terminal.file("profile.yaml", fraud[0] ?? "");
      await terminal.type("kubectl apply -f profile.yaml");
      await refuse(terminal, swap(fraud[1], "backoffLimit: 3", "backoffLimit: 0"));
    },
  },
  {
    title: "lab A4: compute-batch without limits",
    golden: "lab-a4-limits",
    play: async ({ terminal }) => {
      await terminal.file("changed.yaml", cut(pool("compute-batch"), /^ {2}limits:\n(?: {4}.*\n)+/m));
      expect(await terminal.type("kubectl replace -f changed.yaml")).toMatchObject({ code: 1 });
    },
  },
  refusal(
    "lab A4: a NodeClass without a role",
    "lab-a4-role",
    cut(
      infrastructure.find((text) => text.includes("kind: EC2NodeClass")),
      /^ {2}role: .*\n/m,
    ),
  ),
  refusal(
    "S060: lab A4: a NodePool named after a team",
    "lab-a4-name",
    swap(pool("general-flex"), "name: general-flex", "name: team-fraud"),
  ),
];

await describeScenarios({
  title: "the lab on the real control plane",
  nodes: ["general", "batch", "compute"],
  given: [],
  scenarios: [...taken, ...refused],
});

function refusal(title: string, golden: string, manifest: string): Scenario {
  return { title, golden, play: ({ terminal }) => refuse(terminal, manifest) };
}

async function refuse(terminal: Terminal, manifest: string): Promise<void> {
  await terminal.file("changed.yaml", manifest);
  expect(await terminal.type("kubectl apply -f changed.yaml")).toMatchObject({ code: 1 });
}

/** The documents of a file, in no namespace. */
function documentsOf(path: string): readonly string[] {
  return yamlText(path)
    .split("---\n")
    .map((text) => text.replace(/^ {2}namespace: .*\n/m, ""));
}

function pool(name: string): string | undefined {
  return infrastructure.find((text) => text.includes("kind: NodePool") && text.includes(`  name: ${name}\n`));
}

function swap(text = "", from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

function cut(text = "", part: RegExp): string {
  expect(text).toMatch(part);
  return text.replace(part, "");
}

function podColumns(selector: string): string {
  const fields = {
    CLASS: ".spec.nodeSelector",
    TOLERATES: '.spec.tolerations[?(@.key=="workload-class")].value',
    CPU: ".spec.containers[0].resources.requests.cpu",
    MEMORY: ".spec.containers[0].resources.requests.memory",
    LIMIT: ".spec.containers[0].resources.limits.memory",
    GRACE: ".spec.terminationGracePeriodSeconds",
    SPREAD: ".spec.topologySpreadConstraints[0].whenUnsatisfiable",
  };
  const columns = Object.entries(fields).map(([title, path]) => `${title}:${path}`);
  return `kubectl get pods -l ${selector} -o custom-columns='${columns.join(",")}'`;
}

function jobColumns(name: string): string {
  return `kubectl get job ${name} -o custom-columns=BACKOFF:.spec.backoffLimit,ACTION:.spec.podFailurePolicy.rules[0].action,ON:.spec.podFailurePolicy.rules[0].onPodConditions[0].type`;
}
