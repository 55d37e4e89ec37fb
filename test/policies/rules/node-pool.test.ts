/** NP rules about names, the catalogue, limits, cost, disruption and Auto Mode, seed row by seed row. */
import { describe } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import { policySet, policiesText } from "../../support/admission.ts";
import { autoPool, named, nodeClass, objectsOf, pool, regulatedPool } from "../review/pools.ts";
import { checkerOf } from "./findings.ts";

const node = (name: string, poolName: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "karpenter.sh/nodepool": poolName } },
});

describe("what a NodePool says that a NodeClass should", () => {
  const check = checkerOf("NP-001");
  const labelled = (label: string): readonly [string, string] => [
    "labels: {workload-class: general}",
    `labels: {workload-class: general, ${label}}`,
  ];

  check("S118: a class label is a pool's to say", { judge: pool(), finds: [] });
  check("S054: a subnet in its labels is not", {
    judge: pool(labelled("subnet-id: subnet-0a")),
    finds: ["NP-001 deny: label subnet-id says how machines are configured, which a NodeClass does"],
  });
  check("S054, S118: a field of a NodeClass is not", {
    judge: pool(["      expireAfter: 336h", "      amiFamily: AL2023\n      expireAfter: 336h"]),
    finds: ["NP-001 deny: spec.template.spec.amiFamily says how machines are configured, which a NodeClass does"],
  });
  check("bandwidth of a machine is a requirement like others", {
    judge: pool([
      "karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]",
      "karpenter.k8s.aws/instance-ebs-bandwidth, operator: Exists",
    ]),
    finds: [],
  });
});

describe("names", () => {
  const check = checkerOf("NP-002");
  const says = (name: string) => `NP-002 deny: name "${name}" does not say which runtime class it is for`;

  for (const name of ["system-on-demand", "general-flex", "batch-spot", "memory-on-demand", "gpu-training", "regulated-on-demand"]) {
    check(`S069: ${name} says its class`, { judge: pool(named(name)), finds: [] });
  }
  check("S069: nodepool1 does not", {
    judge: pool(named("nodepool1")),
    finds: ['NP-002 deny: name "nodepool1" says nothing about what runs here'],
  });
  check("S069: new-pool does not", {
    judge: pool(named("new-pool")),
    finds: ['NP-002 deny: name "new-pool" says nothing about what runs here'],
  });
  check("S069: large-machines does not", { judge: pool(named("large-machines")), finds: [says("large-machines")] });
  check("S069: team-joko does not", {
    judge: pool(named("team-joko")),
    finds: ['NP-002 deny: name "team-joko" names a team, not a runtime class'],
  });
  check("S069: prod-special does not", { judge: pool(named("prod-special")), finds: [says("prod-special")] });
  for (const name of ["team-a", "team-b"]) {
    check(`S068: ${name} is a team`, {
      judge: pool(named(name)),
      finds: [`NP-002 deny: name "${name}" names a team, not a runtime class`],
    });
  }
  for (const name of ["important", "misc"]) {
    check(`S068: ${name} is vague`, { judge: pool(named(name)), finds: [`NP-002 deny: name "${name}" says nothing about what runs here`] });
  }
  check("S060, S271: a pool named after somebody of the owners list is refused, since pools are for classes", {
    judge: pool(named("batch-fraud")),
    finds: ['NP-002 deny: name "batch-fraud" names the owner fraud, not a runtime class'],
  });
  const patterned = (naming: string) => policySet(policiesText.replace(/naming: .*/, `naming: "${naming}"`));
  const slow = `${"a".repeat(60)}-x`;
  check("a pattern that would keep a backtracking matcher busy for ever is answered at once", {
    policies: patterned("^(a+)+$"),
    judge: pool(named(slow)),
    finds: [says(slow)],
  });
  check("and matches what it should", { policies: patterned("^(a+)+-x$"), judge: pool(named(slow)), finds: [] });
  check("S060: so is one that labels its nodes by team", {
    judge: pool(["labels: {workload-class: general}", "labels: {workload-class: general, team: checkout}"]),
    finds: ["NP-002 deny: label team=checkout divides capacity by team, not by runtime class"],
  });
});

describe("the catalogue", () => {
  const ofMix = checkerOf("NP-005");
  ofMix("S147: a pool for add-ons without a taint is for everybody", {
    judge: pool(named("system-on-demand"), ["workload-class: general", "workload-class: system"]),
    finds: ['NP-005 deny: the pool is for class "system" but has no taint: applications would run beside add-ons'],
  });
  ofMix("S147: an untainted pool of Spot takes add-ons", {
    judge: pool(["values: [on-demand]", "values: [spot]"]),
    finds: ["NP-005 warn: the pool has no taint and may buy Spot: add-ons that ask for nothing would run on interruptible nodes"],
  });

  const check = checkerOf("NP-006");
  const tainted = (taint: string): readonly [string, string] => ["      requirements:", `      taints: [${taint}]\n      requirements:`];
  check("S047: a taint that no class tolerates", {
    judge: pool(tainted("{key: dedicated, value: a, effect: NoSchedule}")),
    finds: ["NP-006 deny: taint dedicated=a:NoSchedule is tolerated by no class, so nothing of the catalogue runs here"],
  });
  check("S047: a class label that is no class", {
    judge: pool(["workload-class: general", "workload-class: genral"]),
    finds: ["NP-006 deny: label workload-class=genral is of no class"],
  });
  check("S048: an Auto Mode pool does not speak Karpenter's words", {
    judge: autoPool(["eks.amazonaws.com/instance-category", "karpenter.k8s.aws/instance-category"]),
    finds: ["NP-006 deny: no node of EKS Auto Mode has label karpenter.k8s.aws/instance-category"],
  });
  check("S048: nor Karpenter's pool those of Auto Mode", {
    judge: pool(["karpenter.k8s.aws/instance-category", "eks.amazonaws.com/instance-category"]),
    finds: ["NP-006 deny: no node of Karpenter has label eks.amazonaws.com/instance-category"],
  });
  check("S234: a pool without class is none of the catalogue's", {
    judge: pool(named("general-other"), ["labels: {workload-class: general}", "labels: {}"]),
    finds: ["NP-006 warn: the pool represents no class of the catalogue: no class selects its nodes, and none lists it"],
  });
  check("S225: a migration's taint is no foreign one", {
    policies: policySet(`${policiesText}\nmigration: {active: true, taint: migration.platform.example.com/karpenter}\n`),
    judge: pool(tainted('{key: migration.platform.example.com/karpenter, value: "true", effect: NoSchedule}')),
    finds: [],
  });

  const ofOverlap = checkerOf("NP-014");
  ofOverlap("S045: two pools for one class, told with the order that decides", {
    judge: pool(named("general-a")),
    world: [pool(named("general-b"))],
    finds: [
      'NP-014 warn: pods of class general match NodePool "general-b" too: "general-b" is tried first, by its name alone (equal weight 0)',
    ],
  });
  ofOverlap("S045: weights decide before names", {
    judge: pool(named("general-a"), ["  limits:", "  weight: 10\n  limits:"]),
    world: [pool(named("general-b"))],
    finds: [
      'NP-014 warn: pods of class general match NodePool "general-b" too: "general-a" is tried first (weights general-a 10, general-b 0)',
    ],
  });
  ofOverlap("S045: two provisioners know no order", {
    judge: pool(named("general-a")),
    world: [autoPool(named("general-b"))],
    finds: ['NP-014 warn: pods of class general match NodePool "general-b" too: two provisioners answer, and whichever is faster buys'],
  });
  ofOverlap("pools of other classes keep clear", { judge: pool(), world: [regulatedPool()], finds: [] });
});

describe("limits and cost", () => {
  const ofLimits = checkerOf("NP-007");
  ofLimits("S117: no limits", {
    judge: pool(["  limits: {cpu: 200, memory: 400Gi}\n", ""]),
    finds: ["NP-007 deny: spec.limits is not set: the pool may grow without end"],
  });
  ofLimits("S273: a whole number of CPUs is a limit", {
    judge: pool(["limits: {cpu: 200, memory: 400Gi}", "limits: {cpu: 200}"]),
    finds: [],
  });
  ofLimits("a limit of something else bounds nothing", {
    judge: pool(["limits: {cpu: 200, memory: 400Gi}", "limits: {nvidia.com/gpu: 8}"]),
    finds: ["NP-007 deny: spec.limits bounds only nvidia.com/gpu"],
  });
  ofLimits("a static pool is as large as it says", { judge: pool(["limits: {cpu: 200, memory: 400Gi}", "replicas: 3"]), finds: [] });

  const ofCost = checkerOf("NP-009");
  ofCost("S049, S162: a NodeClass without the cost tag", {
    judge: pool(),
    world: [nodeClass(["    cost-center: platform\n", ""])],
    finds: ['NP-009 deny: EC2NodeClass "default-private" does not tag its machines with cost-center'],
  });
  ofCost("S049: a tag of another owner than the pool's", {
    judge: pool(["cost-owner: platform", "cost-owner: billing"]),
    world: [nodeClass()],
    finds: [
      `NP-009 warn: the pool's cost owner is billing, but EC2NodeClass "default-private" tags its machines cost-center=platform: the bill goes there`,
    ],
  });
  ofCost("the same owner on both", { judge: pool(), world: [nodeClass()], finds: [] });
});

describe("disruption", () => {
  const block = "disruption: {consolidationPolicy: WhenEmptyOrUnderutilized, consolidateAfter: 5m, budgets: [{nodes: 10%}]}";
  const ofPolicy = checkerOf("NP-010");
  ofPolicy("S039: none is told with the defaults that it gets", {
    judge: pool([`  ${block}\n`, ""]),
    finds: [
      "NP-010 warn: spec.disruption is left to its defaults: consolidationPolicy WhenEmptyOrUnderutilized, consolidateAfter 0s, budgets 10%",
    ],
  });
  ofPolicy("S039: what the API server fills in is none either", {
    judge: pool([block, "disruption: {consolidateAfter: 0s, consolidationPolicy: WhenEmptyOrUnderutilized, budgets: [{nodes: 10%}]}"]),
    finds: [
      "NP-010 warn: spec.disruption is left to its defaults: consolidationPolicy WhenEmptyOrUnderutilized, consolidateAfter 0s, budgets 10%",
    ],
  });

  const single = objectsOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec: {nodeSelector: {workload-class: general}, containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: ledger}}}
`);
  const ofConsolidation = checkerOf("NP-011");
  ofConsolidation("S032: consolidation switched off names who can't be drained", {
    judge: pool(["consolidateAfter: 5m", "consolidateAfter: Never"]),
    world: single,
    finds: [
      "NP-011 warn: consolidateAfter Never keeps underused nodes for every workload of the pool; what can't be drained here: shop/ledger",
    ],
  });
  ofConsolidation("S143: of empty nodes only", {
    judge: pool(["WhenEmptyOrUnderutilized", "WhenEmpty"]),
    finds: ["NP-011 warn: consolidationPolicy WhenEmpty keeps underused nodes for every workload of the pool"],
  });
  ofConsolidation("add-ons may be left in peace", {
    judge: pool(
      named("system-on-demand"),
      ["labels: {workload-class: general}", "labels: {workload-class: system}"],
      ["      requirements:", '      taints: [{key: CriticalAddonsOnly, value: "true", effect: NoSchedule}]\n      requirements:'],
      ["WhenEmptyOrUnderutilized", "WhenEmpty"],
    ),
    finds: [],
  });

  const budgets = (text: string): readonly [string, string] => ["budgets: [{nodes: 10%}]", `budgets: [${text}]`];
  const ofBudgets = checkerOf("NP-012");
  ofBudgets("an always-on 0 beside a window blocks the window", {
    judge: pool(budgets('{nodes: 50%, schedule: 0 0 * * 6, duration: 24h}, {nodes: "0"}')),
    finds: [
      'NP-012 deny: budget nodes: "0" has no schedule and always holds: the windows beside it never open, since the smallest budget wins',
    ],
  });
  ofBudgets("an always-on 0 alone blocks everything", {
    judge: pool(budgets('{nodes: "0"}')),
    finds: ['NP-012 deny: budget nodes: "0" has no schedule and always holds: no node is ever disrupted'],
  });
  ofBudgets("a 0 whose window opens again before it closes blocks everything", {
    judge: pool(budgets('{nodes: "0", schedule: "@daily", duration: 24h}')),
    finds: ['NP-012 deny: budget nodes: "0" opens again (@daily) before its 24h are over, and always holds: no node is ever disrupted'],
  });
  ofBudgets("a 0 of a day less a minute leaves a minute", {
    judge: pool(budgets('{nodes: "0", schedule: "@daily", duration: 23h58m}')),
    finds: [],
  });
  ofBudgets("a 0 for one reason is a choice", { judge: pool(budgets('{nodes: "0", reasons: [Drifted]}, {nodes: 10%}')), finds: [] });
  ofBudgets("a schedule without duration", {
    judge: pool(budgets('{nodes: "0", schedule: 0 0 * * 6}')),
    finds: ["NP-012 deny: schedule and duration belong together; one alone is refused"],
  });
  ofBudgets("10% of 1 node is 1 node", {
    judge: pool(),
    world: [node("n1", "general-flex")],
    finds: ["NP-012 warn: 10% of 1 node rounds up: 1 node may go at once (100% of the pool)"],
  });
  ofBudgets("of 10 nodes a percentage means what it says", {
    judge: pool(),
    world: Array.from({ length: 10 }, (_, index) => node(`n${index}`, "general-flex")),
    finds: [],
  });

  const ofWindow = checkerOf("NP-013");
  ofWindow("S134: restricted workloads without a window", {
    judge: regulatedPool([regulatedBudgets(), "budgets: [{nodes: 10%}]"]),
    finds: ['NP-013 deny: class "regulated" is disrupted in a window only, and no budget has a schedule'],
  });
  ofWindow("S134: with one", { judge: regulatedPool(), finds: [] });

  const ofDrain = checkerOf("NP-017");
  ofDrain("nodes that expire and may drain for ever", {
    judge: pool(["      terminationGracePeriod: 1h\n", ""]),
    finds: ["NP-017 warn: nodes expire after 336h, but terminationGracePeriod is not set: a drain may take for ever"],
  });

  const ofGrace = checkerOf("NP-018");
  const patient = objectsOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: export, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: export}}
  template:
    metadata: {labels: {app: export}}
    spec: {terminationGracePeriodSeconds: 7200, nodeSelector: {workload-class: general}, containers: [{name: app}]}
`);
  ofGrace("a workload that takes longer to stop than its node", {
    judge: pool(),
    world: patient,
    finds: ["NP-018 warn: terminationGracePeriod 1h is shorter than the 7200 s that Deployment shop/export may take to stop"],
  });
  ofGrace("a workload of another pool is no matter", { judge: regulatedPool(), world: patient, finds: [] });
});

function regulatedBudgets(): string {
  return 'budgets: [{nodes: "1", schedule: 0 2 * * 6, duration: 4h}, {nodes: "0", schedule: 0 6 * * 6, duration: 164h}]';
}

describe("EKS Auto Mode", () => {
  const ofBuiltIns = checkerOf("NP-015");
  for (const name of ["general-purpose", "system"]) {
    ofBuiltIns(`S254: ${name} is built in`, {
      judge: autoPool(named(name)),
      finds: [`NP-015 deny: NodePool "${name}" is built into EKS Auto Mode and may not be edited`],
    });
    ofBuiltIns(`of Karpenter, ${name} is a name like others`, { judge: pool(named(name)), finds: [] });
  }

  const ofLife = checkerOf("NP-016");
  const expiring = (life: string): readonly [string, string] => ["expireAfter: 336h", `expireAfter: ${life}`];
  ofLife("S279: 600h is longer than AWS allows", {
    judge: autoPool(expiring("600h")),
    finds: ["NP-016 deny: expireAfter 600h is longer than the 504h of EKS Auto Mode"],
  });
  ofLife("S279: so is 720h", {
    judge: autoPool(expiring("720h")),
    finds: ["NP-016 deny: expireAfter 720h is longer than the 504h of EKS Auto Mode"],
  });
  ofLife("S279: so is Never", {
    judge: autoPool(expiring("Never")),
    finds: ["NP-016 deny: expireAfter Never is longer than the 504h of EKS Auto Mode"],
  });
  ofLife("S279: 504h is allowed", { judge: autoPool(expiring("504h")), finds: [] });
  ofLife("Karpenter's own nodes may live longer", { judge: pool(expiring("720h")), finds: [] });
});
