/**
 * The provisioner's metrics, as a scrape shows them: nodes' lives, the fleet, the provider, and EC2's market.
 */
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import type { Change } from "../../src/api/controller.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { CloudProvider, LaunchOutcome } from "../../src/api/ports.ts";
import { err, ok } from "../../src/api/result.ts";
import { ec2Metrics } from "../../src/cli/ec2-metrics.ts";
import { mergedMetrics } from "../../src/cli/merged-metrics.ts";
import { provisionerMetrics } from "../../src/cli/provisioner-metrics.ts";
import { unavailableOfferings } from "../../src/ec2/unavailable-offerings.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { nodePool, pod } from "../support/objects.ts";
import { ago, day, minute, noon, second, testClaim, testNode, testPod } from "./nodes-world.ts";

const names = platformNames();

/** The lines of a scrape that tell of one metric, less histograms' buckets. */
async function scraped(registry: Registry, metric: string): Promise<readonly string[]> {
  // As /metrics is answered where the provisioner has a thread of its own.
  const text = await mergedMetrics(new Registry(), JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as never);
  return text.split("\n").filter((line) => line.startsWith(metric) && !line.startsWith(`${metric}_bucket`));
}

/** A provisioner that leads in a cluster of these objects; `change` is what its watch brings. */
function led(objects: readonly KubeObject[] = []) {
  const registry = new Registry();
  const metrics = provisionerMetrics(registry);
  const heard: { claim?: (change: Change<NodeClaim>) => void; pool?: (change: Change<NodePool>) => void } = {};
  const time = { now: noon };
  const state = { objects };
  const term = {
    cluster: {
      snapshot: () => snapshotOf(state.objects),
      onChange: ((kind: string, handler: never) => {
        if (kind === "NodeClaim") heard.claim = handler;
        else heard.pool = handler;
        return () => {
          if (kind === "NodeClaim") delete heard.claim;
          else delete heard.pool;
        };
      }) as never,
    },
    clock: { now: () => time.now },
    kinds: ["NodeClaim", "NodePool"] as const,
    names,
    provider: { serves: ({ name }: { readonly name: string }) => name === "default" },
  };
  const end = metrics.begin(term);
  const claimChanged = (change: Change<NodeClaim>): void => heard.claim?.(change);
  const poolChanged = (change: Change<NodePool>): void => heard.pool?.(change);
  return { registry, metrics, term, time, state, end, claimChanged, poolChanged };
}

const coming = testClaim({ ageMs: 10 * second, came: {} });
const launched = testClaim({ ageMs: 10 * second, came: { Launched: 8 * second } });
const initialized = testClaim({ ageMs: 10 * second, came: { Launched: 8 * second, Registered: 5 * second, Initialized: second } });

describe("of nodes' lives", () => {
  test("each step's time is told, from the NodeClaim to the initialized node", async () => {
    const { registry, claimChanged } = led();
    claimChanged({ kind: "added", object: { ...coming, metadata: { ...coming.metadata, creationTimestamp: ago(0) } } });
    claimChanged({ kind: "updated", before: coming, object: launched });
    claimChanged({ kind: "updated", before: launched, object: initialized });
    // Written again, it has not come true again.
    claimChanged({ kind: "updated", before: initialized, object: initialized });
    expect(await scraped(registry, "plimsoll_node_step_duration_seconds")).toEqual([
      'plimsoll_node_step_duration_seconds_sum{step="launch",nodepool="general"} 2',
      'plimsoll_node_step_duration_seconds_count{step="launch",nodepool="general"} 1',
      'plimsoll_node_step_duration_seconds_sum{step="register",nodepool="general"} 3',
      'plimsoll_node_step_duration_seconds_count{step="register",nodepool="general"} 1',
      'plimsoll_node_step_duration_seconds_sum{step="initialize",nodepool="general"} 4',
      'plimsoll_node_step_duration_seconds_count{step="initialize",nodepool="general"} 1',
    ]);
    expect(await scraped(registry, "karpenter_nodeclaims_created_total")).toEqual([
      'karpenter_nodeclaims_created_total{nodepool="general"} 1',
    ]);
    expect(await scraped(registry, "karpenter_nodes_created_total")).toEqual([
      'karpenter_nodes_created_total{nodepool="general",zone="ap-southeast-1a"} 1',
    ]);
  });

  test("nothing is told of what was there before the term, of others' claims, and after the term", async () => {
    const { registry, claimChanged, end } = led();
    const ofOthers = (claim: NodeClaim): NodeClaim => ({
      ...claim,
      spec: { ...claim.spec, nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "auto" } },
    });
    claimChanged({ kind: "added", object: initialized });
    claimChanged({ kind: "updated", before: ofOthers(coming), object: ofOthers(initialized) });
    end();
    claimChanged({ kind: "updated", before: coming, object: initialized });
    for (const metric of ["plimsoll_node_step_duration_seconds", "karpenter_nodeclaims_created_total", "karpenter_nodes_created_total"]) {
      expect(await scraped(registry, metric)).toEqual([]);
    }
  });

  test("a node that is initialized again, or made anew, is no second step", async () => {
    const { registry, claimChanged } = led();
    const reopened = testClaim({
      came: { Launched: 8 * second, Registered: 5 * second },
      conditions: [{ type: "Initialized", status: "Unknown", reason: "NodeReinitializing" }],
    });
    const lost = testClaim({ came: { Launched: 8 * second } });
    const lostWithName: NodeClaim = { ...lost, status: { ...lost.status, nodeName: "n1" } };
    claimChanged({ kind: "updated", before: reopened, object: initialized });
    claimChanged({ kind: "updated", before: lostWithName, object: testClaim({ came: { Launched: 8 * second, Registered: second } }) });
    expect(await scraped(registry, "plimsoll_node_step_duration_seconds_count")).toEqual([]);
    expect(await scraped(registry, "karpenter_nodes_created_total")).toEqual([
      'karpenter_nodes_created_total{nodepool="general",zone="ap-southeast-1a"} 1',
    ]);
  });

  test("an end is counted with its time, and why the node was asked to go", async () => {
    const { registry, claimChanged } = led();
    const asked = testClaim({ conditions: [{ type: "DisruptionReason", status: "True", reason: "SpotInterrupted" }] });
    claimChanged({ kind: "updated", before: testClaim(), object: asked });
    const ending = testClaim({
      ageMs: day,
      deletedMsAgo: minute,
      conditions: [{ type: "InstanceTerminating", status: "True", reason: "InstanceTerminating", lastTransitionTime: ago(20 * second) }],
    });
    claimChanged({ kind: "deleted", object: ending });
    const told = async (metric: string) => scraped(registry, metric);
    expect(await told("karpenter_nodeclaims_disrupted_total")).toEqual([
      'karpenter_nodeclaims_disrupted_total{reason="spot_interrupted",nodepool="general",capacity_type="on-demand"} 1',
    ]);
    expect(await told("karpenter_nodeclaims_terminated_total")).toEqual([
      'karpenter_nodeclaims_terminated_total{nodepool="general",zone="ap-southeast-1a",capacity_type="on-demand"} 1',
    ]);
    expect(await told("karpenter_nodeclaims_termination_duration_seconds_sum")).toEqual([
      'karpenter_nodeclaims_termination_duration_seconds_sum{nodepool="general"} 60',
    ]);
    expect(await told("karpenter_nodeclaims_instance_termination_duration_seconds_sum")).toEqual([
      'karpenter_nodeclaims_instance_termination_duration_seconds_sum{nodepool="general"} 20',
    ]);
    expect(await told("karpenter_nodes_lifetime_duration_seconds_sum")).toEqual([
      'karpenter_nodes_lifetime_duration_seconds_sum{nodepool="general"} 86400',
    ]);
  });

  test.each([
    "node-role-permissions",
    "access-entry",
    "private-endpoints",
    "security-group",
    "bootstrap",
    "image-or-user-data",
    "dns",
    "no-addresses",
    "unknown",
  ])("a node that never joined is counted under its cause %s, each claim once", async (cause) => {
    const { registry, poolChanged } = led();
    const failed = (claim: string, count: number): NodePool => {
      const pool = nodePool({ name: "general" });
      const annotations = { [names.joinFailuresAnnotation]: `${count} 2026-07-01T11:59:00Z ${cause} ${claim} what it showed` };
      return { ...pool, metadata: { ...pool.metadata, annotations } };
    };
    poolChanged({ kind: "added", object: failed("general-0", 1) });
    poolChanged({ kind: "updated", before: nodePool({ name: "general" }), object: failed("general-1", 1) });
    poolChanged({ kind: "updated", before: failed("general-1", 1), object: failed("general-1", 1) });
    // Of a burst the third is no third in a row, and still a node that did not join.
    poolChanged({ kind: "updated", before: failed("general-1", 2), object: failed("general-2", 2) });
    poolChanged({ kind: "updated", before: failed("general-2", 2), object: nodePool({ name: "general" }) });
    expect(await scraped(registry, "plimsoll_join_failures_total")).toEqual([
      `plimsoll_join_failures_total{cause="${cause}",nodepool="general"} 2`,
    ]);
  });

  test("Events are counted and still said; one that gives a NodeClaim up tells why under Karpenter's word", async () => {
    const { registry, metrics, term } = led([initialized]);
    const said: string[] = [];
    const events = metrics.counted(
      { record: ({ reason }, controller) => said.push(`${controller} ${reason}`), dropped: () => 0, flushed: () => Promise.resolve() },
      term,
    );
    const regarding = { apiVersion: "karpenter.sh/v1", kind: "NodeClaim", namespace: "", name: "n1" };
    events.record({ regarding, type: "Warning", reason: "RegistrationTimeout", message: "late" }, "node-claim");
    events.record({ regarding: { ...regarding, kind: "Node" }, type: "Warning", reason: "FailedDraining", message: "held" }, "node-claim");
    expect(said).toEqual(["node-claim RegistrationTimeout", "node-claim FailedDraining"]);
    expect(await scraped(registry, "plimsoll_events_total")).toEqual([
      'plimsoll_events_total{kind="NodeClaim",type="Warning",reason="RegistrationTimeout"} 1',
      'plimsoll_events_total{kind="Node",type="Warning",reason="FailedDraining"} 1',
    ]);
    expect(await scraped(registry, "karpenter_nodeclaims_disrupted_total")).toEqual([
      'karpenter_nodeclaims_disrupted_total{reason="registration_timeout",nodepool="general",capacity_type="on-demand"} 1',
    ]);
  });
});

describe("of the fleet", () => {
  const daemonOwner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "logs", uid: "uid-ds", controller: true };
  const daemon = pod({ name: "logs-1", requests: { cpu: "500m" }, owner: daemonOwner, spec: { nodeName: "n1" } });
  const objects = [
    testNode({ name: "n1" }),
    testNode({ name: "n2" }),
    testNode({ name: "n3", instanceType: "c6i.large", cpu: "2" }),
    testNode({ name: "alone", nodePool: "" }),
    testPod({ node: "n1", cpu: "1" }),
    testPod({ name: "web-2", node: "n2", cpu: "2" }),
    daemon,
  ];

  test("nodes with the same labels are one series, with their sums; nodes of no pool are none", async () => {
    const { registry } = led(objects);
    const cpu = async (metric: string) => (await scraped(registry, metric)).filter((line) => line.includes('resource_type="cpu"'));
    const labels = (type: string) =>
      `{nodepool="general",instance_type="${type}",capacity_type="on-demand",region="",zone="ap-southeast-1a",arch="",os="",resource_type="cpu"}`;
    expect(await cpu("karpenter_nodes_allocatable")).toEqual([
      `karpenter_nodes_allocatable${labels("m6i.xlarge")} 8`,
      `karpenter_nodes_allocatable${labels("c6i.large")} 2`,
    ]);
    expect(await cpu("karpenter_nodes_total_pod_requests")).toEqual([`karpenter_nodes_total_pod_requests${labels("m6i.xlarge")} 3.5`]);
    expect(await cpu("karpenter_nodes_total_daemon_requests")).toEqual([
      `karpenter_nodes_total_daemon_requests${labels("m6i.xlarge")} 0.5`,
    ]);
    expect(await cpu("karpenter_cluster_utilization_percent")).toEqual(['karpenter_cluster_utilization_percent{resource_type="cpu"} 35']);
    expect(await scraped(registry, "karpenter_cluster_state_node_count")).toEqual(["karpenter_cluster_state_node_count 3"]);
  });

  test("of more than 200 sets of labels the smallest share one, and no core is lost", async () => {
    const many = Array.from({ length: 300 }, (_unused, index) => testNode({ name: `m${index}`, instanceType: `t${index}.large` }));
    const { registry } = led(many);
    const lines = (await scraped(registry, "karpenter_nodes_allocatable")).filter((line) => line.includes('resource_type="cpu"'));
    expect(lines).toHaveLength(201);
    expect(lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)).toBe(1_200);
    expect(lines.at(-1)).toContain('instance_type="(others)"');
  });

  test("pools tell their use, their limits and whom their budgets let go; conditions are counted", async () => {
    const base = nodePool({ name: "general" });
    const pool: NodePool = {
      ...base,
      spec: { ...base.spec, limits: { cpu: "100" }, disruption: { budgets: [{ nodes: "1", reasons: ["Empty"] }] } },
      status: {
        nodes: 2,
        resources: { cpu: "8", nodes: "2" },
        conditions: [{ type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: ago(day) }],
      },
    };
    const node = testNode({ name: "n1", labels: { "karpenter.sh/initialized": "true" } });
    const { registry, end } = led([pool, node, testClaim(), testClaim({ name: "n2" })]);
    expect(await scraped(registry, "karpenter_nodepools_usage")).toEqual([
      'karpenter_nodepools_usage{nodepool="general",resource_type="cpu"} 8',
      'karpenter_nodepools_usage{nodepool="general",resource_type="nodes"} 2',
    ]);
    expect(await scraped(registry, "karpenter_nodepools_limit")).toEqual([
      'karpenter_nodepools_limit{nodepool="general",resource_type="cpu"} 100',
    ]);
    expect(await scraped(registry, "karpenter_nodepools_allowed_disruptions")).toEqual([
      'karpenter_nodepools_allowed_disruptions{nodepool="general",reason="empty"} 1',
      'karpenter_nodepools_allowed_disruptions{nodepool="general",reason="underutilized"} 2147483647',
      'karpenter_nodepools_allowed_disruptions{nodepool="general",reason="drifted"} 2147483647',
      'karpenter_nodepools_allowed_disruptions{nodepool="general",reason="unhealthy"} 2147483647',
    ]);
    expect(await scraped(registry, "operator_nodepool_status_condition_count")).toEqual([
      'operator_nodepool_status_condition_count{name="general",type="Ready",status="True",reason="Ready"} 1',
    ]);
    expect(await scraped(registry, 'operator_nodeclaim_status_condition_count{type="Launched"')).toEqual([
      'operator_nodeclaim_status_condition_count{type="Launched",status="True",reason="Launched"} 2',
    ]);
    end();
    expect(await scraped(registry, "karpenter_nodepools_usage")).toEqual([]);
    expect(await scraped(registry, "karpenter_cluster_state_node_count")).toEqual([]);
  });
});

describe("of the provider", () => {
  const outcomes: readonly (readonly [LaunchOutcome, string | undefined])[] = [
    [{ kind: "insufficient-capacity", message: "none" }, "InsufficientCapacityError"],
    [{ kind: "node-class-not-ready", message: "no" }, "NodeClassNotReadyError"],
    [{ kind: "failed", message: "no answer" }, "unknown"],
    [{ kind: "refused", message: "never" }, "unknown"],
    [{ kind: "launched", providerID: "x", imageID: "y", labels: {}, capacity: {}, allocatable: {} }, undefined],
  ];

  test.each(outcomes)("a launch that came to %j is timed, and counted as the error %s", async (outcome, error) => {
    const { registry, metrics, time, term } = led();
    const provider: CloudProvider = {
      name: "ec2",
      serves: () => true,
      instanceTypes: () => Promise.resolve(ok([])),
      create: () => {
        time.now += 2_000;
        return Promise.resolve(outcome);
      },
      get: () => Promise.resolve(ok(undefined)),
      list: () => Promise.resolve(err("no answer")),
      delete: () => Promise.resolve(ok("gone")),
    };
    const timed = metrics.timed(provider, term.clock);
    // What is remembered by the provider is found again.
    expect(metrics.timed(provider, term.clock)).toBe(timed);
    expect(await timed.create(coming, [])).toBe(outcome);
    expect(await scraped(registry, "karpenter_cloudprovider_duration_seconds_sum")).toEqual([
      'karpenter_cloudprovider_duration_seconds_sum{method="Create",provider="ec2"} 2',
    ]);
    expect(await scraped(registry, "karpenter_cloudprovider_errors_total")).toEqual(
      error === undefined
        ? []
        : [`karpenter_cloudprovider_errors_total{method="Create",provider="ec2",error="${error}",nodepool="general"} 1`],
    );
    expect((await timed.list()).ok).toBe(false);
    expect(await scraped(registry, 'karpenter_cloudprovider_errors_total{method="List"')).toEqual([
      'karpenter_cloudprovider_errors_total{method="List",provider="ec2",error="unknown",nodepool=""} 1',
    ]);
  });
});

describe("of EC2", () => {
  const quota = { code: "L-1", name: "Running On-Demand Standard", capacityType: "on-demand" as const, families: ["m"], vcpus: 64 };
  const clock = { now: () => noon };

  function open() {
    const registry = new Registry();
    const market = {
      livePrices: {
        read: () => ({ sequence: 7, at: [{ what: "Spot prices" as const, readAt: noon - 90_000 }] }),
        current: () => Promise.reject(new Error("a scrape asks nobody")),
      },
      quotas: {
        use: () => [{ quota, used: 12 }, { quota: { ...quota, code: "L-2" } }],
        current: () => {
          throw new Error("a scrape asks nobody");
        },
        listening: <T>(calls: T): T => calls,
      },
    };
    return { registry, metrics: ec2Metrics(registry, { market, clock }) };
  }

  test("prices tell how often they changed and how old they are, quotas what is in use", async () => {
    const { registry } = open();
    expect(await scraped(registry, "plimsoll_ec2_price")).toEqual([
      "plimsoll_ec2_price_sequence 7",
      'plimsoll_ec2_price_age_seconds{kind="spot"} 90',
    ]);
    const of = (code: string) => `{quota="Running On-Demand Standard",code="${code}",capacity_type="on-demand"}`;
    expect(await scraped(registry, "plimsoll_ec2_vcpu_quota{")).toEqual([
      `plimsoll_ec2_vcpu_quota${of("L-1")} 64`,
      `plimsoll_ec2_vcpu_quota${of("L-2")} 64`,
    ]);
    expect(await scraped(registry, "plimsoll_ec2_vcpu_quota_used")).toEqual([`plimsoll_ec2_vcpu_quota_used${of("L-1")} 12`]);
  });

  test("an offering that lacks is counted, and told as long as it is left alone", async () => {
    const { registry, metrics } = open();
    const time = { now: noon };
    const offerings = metrics.marked(unavailableOfferings({ now: () => time.now }));
    const offering = { instanceType: "m7i.large", zone: "ap-southeast-1a", capacityType: "spot" };
    offerings.mark(offering);
    offerings.mark({ ...offering, zone: "ap-southeast-1b" }, "quota");
    offerings.mark(offering);
    const of = (zone: string, reason: string) => `{instance_type="m7i.large",zone="${zone}",capacity_type="spot",reason="${reason}"}`;
    expect(offerings.has(offering)).toBe(true);
    expect(await scraped(registry, "plimsoll_ec2_offering_lacks_total")).toEqual([
      `plimsoll_ec2_offering_lacks_total${of("ap-southeast-1a", "capacity")} 2`,
      `plimsoll_ec2_offering_lacks_total${of("ap-southeast-1b", "quota")} 1`,
    ]);
    expect(await scraped(registry, "plimsoll_ec2_offering_unavailable")).toHaveLength(2);
    time.now += minute;
    expect(await scraped(registry, "plimsoll_ec2_offering_unavailable")).toEqual([]);
  });

  test("of more than 1,000 offerings that lack the later ones are counted together", async () => {
    const { registry, metrics } = open();
    const offerings = metrics.marked(unavailableOfferings(clock));
    for (let index = 0; index < 1_200; index++) offerings.mark({ instanceType: `t${index}`, zone: "z", capacityType: "spot" });
    const lines = await scraped(registry, "plimsoll_ec2_offering_lacks_total");
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-1)).toBe(
      'plimsoll_ec2_offering_lacks_total{instance_type="(others)",zone="(others)",capacity_type="spot",reason="capacity"} 200',
    );
  });

  test("messages of the interruption queue are counted by Karpenter's types, also those that say nothing or can't be read", async () => {
    const { registry, metrics } = open();
    const event = (source: string, type: string, detail: object) =>
      JSON.stringify({ source, "detail-type": type, time: "2026-07-01T11:59:50Z", detail });
    const instance = { "instance-id": "i-0a" };
    const bodies = [
      event("aws.ec2", "EC2 Spot Instance Interruption Warning", instance),
      event("aws.ec2", "EC2 Instance Rebalance Recommendation", instance),
      event("aws.ec2", "EC2 Instance State-change Notification", { ...instance, state: "stopping" }),
      event("aws.ec2", "EC2 Instance State-change Notification", { ...instance, state: "terminated" }),
      event("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning", instance),
      event("aws.ec2", "EC2 Instance State-change Notification", { ...instance, state: "running" }),
      "no json",
    ];
    const messages = bodies.map((body, index) => ({ id: `m${index}`, receipt: `r${index}`, body }));
    const queue = metrics.heard({ receive: () => Promise.resolve(ok(messages)), delete: () => Promise.resolve(ok(undefined)) });
    expect(await queue.receive(new AbortController().signal)).toEqual(ok(messages));
    await queue.delete("r0");
    expect((await scraped(registry, "karpenter_interruption_received_messages_total")).toSorted()).toEqual(
      [
        "capacity_reservation_interrupted",
        "instance_stopped",
        "instance_terminated",
        "no_op",
        "rebalance_recommendation",
        "spot_interrupted",
        "unreadable",
      ].map((type) => `karpenter_interruption_received_messages_total{message_type="${type}"} 1`),
    );
    expect(await scraped(registry, "karpenter_interruption_deleted_messages_total")).toEqual([
      "karpenter_interruption_deleted_messages_total 1",
    ]);
    expect(await scraped(registry, "karpenter_interruption_message_queue_duration_seconds")).toEqual([
      "karpenter_interruption_message_queue_duration_seconds_sum 50",
      "karpenter_interruption_message_queue_duration_seconds_count 5",
    ]);
  });
});
