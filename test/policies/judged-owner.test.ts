/** An owner reference is a claim of whoever writes it: it takes nothing out of the rules that a person could put it on. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { UserInfo } from "../../src/policies/admission-request.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { ownerQuestion } from "../../src/policies/owner-claim.ts";
import { contextOf, person, policiesText, policySet, requestFor } from "../support/admission.ts";
import { budget, cronJob, deployment, job, pod } from "../support/objects.ts";

const policies = policySet();
const named = policySet(
  policiesText.replace("settings:\n", 'settings:\n  controllers: [{ users: ["ann@example.com"], makes: [ReplicaSet, Pod] }]\n'),
);

const account = (name: string, namespace = "kube-system"): UserInfo => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});
const manager: UserInfo = { username: "system:kube-controller-manager", groups: ["system:authenticated"] };
const kubelet: UserInfo = { username: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };

const web = { ...owner("Deployment", "apps/v1"), spec: deployment().spec };
const hostPath = { volumes: [{ name: "host", hostPath: { path: "/" } }] };
const replicaSet = (more: object = hostPath, replicas = 2): KubeObject => {
  const { template, selector } = deployment().spec;
  const spec = { replicas, selector, template: { ...template, spec: { ...template.spec, ...more } } };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "web-5d4f", namespace: "shop" }, spec } as KubeObject;
};

interface Row {
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly world?: readonly KubeObject[];
  readonly userInfo?: UserInfo;
  /** What the API server said of who asks; default: no. */
  readonly speaks?: boolean | "nobody asks";
  readonly policies?: typeof policies;
}

describe("an object that names a controller at its creation", () => {
  const claimed = owned(replicaSet(), "Deployment", "apps/v1");
  const bare = owned(pod(), "ReplicaSet", "apps/v1");
  const standing = { ...replicaSet({}), metadata: { ...owner("ReplicaSet", "apps/v1").metadata } };
  const mirror = {
    ...owned(pod(), "Node", "v1"),
    metadata: { ...owned(pod(), "Node", "v1").metadata, annotations: { "kubernetes.io/config.mirror": "1" } },
  };
  const ofCronJob = { ...owner("CronJob", "batch/v1"), spec: cronJob().spec };
  const world = [web];

  check("is judged by itself where a person names a Deployment that stands", { object: claimed, world }, "judged");
  check(
    "is let be where the Deployment's own controller makes it",
    { object: claimed, userInfo: account("deployment-controller") },
    "let be",
  );
  check("is let be under the one name of some controller managers", { object: claimed, userInfo: manager }, "let be");
  check("is judged where another controller brings it", { object: claimed, world, userInfo: account("replicaset-controller") }, "judged");
  check(
    "is judged where a namespace of one's own has an account of that name",
    {
      object: claimed,
      world,
      userInfo: account("deployment-controller", "shop"),
    },
    "judged",
  );
  check("is let be where who asks may update finalizers and status", { object: claimed, world, speaks: true }, "let be");
  check("is judged where another Deployment of that name stands", { object: claimed, world: [recreated(web)], speaks: true }, "judged");
  check("is let be where policies.yaml names who asks", { object: claimed, world, policies: named }, "let be");
  check("is let be in a file beside its owner", { object: claimed, world, speaks: "nobody asks" }, "let be");
  check("is judged in a file without its owner", { object: claimed, speaks: "nobody asks" }, "judged");
  check("is judged as a Deployment, which no Node makes", { object: owned(deployment(), "Node", "v1") }, "judged");
  check("is judged as a Pod of a person's", { object: bare, world: [standing] }, "judged");
  check("is judged as a Pod of a ReplicaSet that is not there", { object: bare }, "judged");
  check(
    "is let be as a Pod of its ReplicaSet, which may not have been seen yet",
    { object: bare, userInfo: account("replicaset-controller") },
    "let be",
  );
  check("is judged as a Pod of another group's StatefulSet", { object: owned(pod(), "StatefulSet", "apps.kruise.io/v1") }, "judged");
  check("is let be as the mirror of a kubelet's static Pod", { object: mirror, userInfo: kubelet }, "let be");
  check(
    "is judged as a Pod of a Node's that mirrors nothing",
    { object: owned(pod(), "Node", "v1"), world: [owner("Node", "v1")] },
    "judged",
  );
  check(
    "is let be as the Job that kubectl makes of a CronJob",
    { object: owned(handMade(), "CronJob", "batch/v1"), world: [ofCronJob] },
    "let be",
  );
  check(
    "is judged as a Job that is not the CronJob's",
    { object: owned(handMade(hostPath), "CronJob", "batch/v1"), world: [ofCronJob] },
    "judged",
  );
});

describe("an update of an object with a controller", () => {
  const before = owned(replicaSet({}), "Deployment", "apps/v1");
  const edited = owned(replicaSet(), "Deployment", "apps/v1");
  const world = [web, before];
  const labelled = { ...before, metadata: { ...before.metadata, labels: { app: "elsewhere" } } };
  const released = { ...before, metadata: { ...before.metadata, ownerReferences: [] } };

  check("is judged where a person edits the template", { object: edited, old: before, world }, "judged");
  check(
    "is let be where the controller does",
    { object: edited, old: before, world, userInfo: account("deployment-controller") },
    "let be",
  );
  check("is let be where who asks speaks for the owner", { object: edited, old: before, world, speaks: true }, "let be");
  check("is let be where a label or another part of the metadata changes", { object: labelled, old: before, world }, "let be");
  check("is let be where the reference is taken away", { object: released, old: before, world }, "let be");
  check("is judged where a person adds the reference", { object: before, old: released, world }, "judged");
  check(
    "is let be where the controller adopts",
    { object: before, old: released, world, userInfo: account("deployment-controller") },
    "let be",
  );
  check("is judged where a person adds it to a running Pod", { object: owned(pod(), "Job", "batch/v1"), old: pod() }, "judged");
});

describe("who asks", () => {
  const claimed = owned(replicaSet(), "Deployment", "apps/v1");
  const ofWorkflow = owned(pod(), "Workflow", "argoproj.io/v1alpha1");

  asked("of a claimed Deployment needs both rights, since a judged owner lifts every rule", { object: claimed, world: [web] }, "both");
  asked("of a Pod's Workflow needs one of them", { object: ofWorkflow }, "either");
  asked("is not asked about where nothing is claimed", { object: replicaSet() }, undefined);
  asked(
    "is not asked about where it is the owner's controller",
    { object: claimed, userInfo: account("deployment-controller") },
    undefined,
  );
  asked("is not asked about where the owner is another", { object: claimed, world: [recreated(web)] }, undefined);
  asked("is not asked about where policies.yaml names it", { object: ofWorkflow, policies: named }, undefined);
  asked("is not asked about of other kinds", { object: owned(deployment(), "Widget", "example.com/v1") }, undefined);
  asked("is not asked about where an update changes neither spec nor owner", { object: claimed, old: claimed, world: [web] }, undefined);
});

describe("a Pod whose controller is no workload", () => {
  const map = owned(pod(), "ConfigMap", "v1");
  const bareOf = (row: Row): readonly string[] => rulesOf(row).filter((rule) => rule === "BARE-001");
  it("is bare where who asks may not speak for it", () => {
    expect(bareOf({ object: map })).toEqual(["BARE-001"]);
  });
  it("is not where it may", () => {
    expect(bareOf({ object: map, speaks: true })).toEqual([]);
    expect(bareOf({ object: map, speaks: "nobody asks" })).toEqual([]);
    expect(bareOf({ object: map, policies: named })).toEqual([]);
  });
});

describe("a Rollout that takes its template from a Deployment", () => {
  const referred = deployment({ name: "referred", replicas: 0 });
  const rollout = (replicas: number): KubeObject =>
    ({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Rollout",
      metadata: { name: "web", namespace: "shop" },
      spec: { replicas, workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "referred" } },
    }) as KubeObject;
  const guarded = budget({ name: "all", minAvailable: 2, selector: { matchLabels: referred.spec.template.metadata?.labels ?? {} } });
  const blocked = (row: Row): readonly string[] => rulesOf(row).filter((rule) => rule === "DRAIN-002");
  it("is judged by that template and its own replicas, whichever of the three comes last", () => {
    expect(blocked({ object: rollout(2), world: [referred, guarded] })).toEqual(["DRAIN-002"]);
    expect(blocked({ object: guarded, world: [referred, rollout(2)] })).toEqual(["DRAIN-002"]);
    expect(blocked({ object: referred, world: [guarded, rollout(2)] })).toEqual(["DRAIN-002"]);
    expect(blocked({ object: rollout(3), world: [referred, guarded] })).toEqual([]);
  });
});

describe("a ReplicationController", () => {
  const { template } = deployment().spec;
  const controller = (replicas: number, more: object = {}): KubeObject => {
    const spec = { replicas, selector: template.metadata?.labels, template: { ...template, spec: { ...template.spec, ...more } } };
    return { apiVersion: "v1", kind: "ReplicationController", metadata: { name: "web", namespace: "shop" }, spec } as KubeObject;
  };
  it("is judged as any workload is", () => {
    expect(rulesOf({ object: controller(2, hostPath) })).toContain("STOR-003");
    expect(rulesOf({ object: controller(1) })).toContain("DRAIN-001");
    expect(rulesOf({ object: controller(2) })).not.toContain("DRAIN-001");
  });
  it("owns the Pods that its own controller makes", () => {
    const made = owned(pod(), "ReplicationController", "v1");
    expect(rulesOf({ object: made, userInfo: account("replication-controller") })).toEqual([]);
    expect(rulesOf({ object: made })).toContain("OWN-001");
  });
});

describe("OWN-001 says what is missing, and the fix", () => {
  const claimed = owned(replicaSet({}), "Deployment", "apps/v1");
  const saidOf = (row: Row): string => {
    const found = verdictOf(row).findings.find(({ rule }) => rule === "OWN-001");
    return `${found?.message ?? ""}; fix: ${found?.fix ?? ""}`;
  };
  const named = 'ReplicaSet "web-5d4f" names Deployment "owner" as its controller';
  const fix = "fix: leave out ownerReferences: controllers write them themselves";

  it("to who lacks the rights", () => {
    expect(saidOf({ object: claimed, world: [web] })).toBe(
      `${named}, but the API server does not confirm that ann@example.com may update both deployments/finalizers and deployments/status; ` +
        `${fix}; an operator's account needs those two rights, or an entry in settings.controllers of policies.yaml`,
    );
  });

  it("to who has them, and names an owner that was made again", () => {
    const message = `${named} by uid ${web.metadata.uid ?? ""}, but the one that exists has uid ${recreated(web).metadata.uid ?? ""}`;
    expect(saidOf({ object: claimed, world: [recreated(web)], speaks: true })).toBe(`${message}; ${fix}`);
  });
});

describe("a Pod that is a hook of Helm's", () => {
  const hook = (events: string, restartPolicy: string, created?: string): KubeObject => {
    const base = pod({ annotations: { "helm.sh/hook": events } });
    const metadata = { ...base.metadata, ...(created === undefined ? {} : { creationTimestamp: created }) };
    return { ...base, metadata, spec: { ...base.spec, restartPolicy } } as KubeObject;
  };
  const allowed = (object: KubeObject): string => verdictOf({ object }).findings.find(({ rule }) => rule === "BARE-001")?.action ?? "none";
  it.each([
    ["test", "Never", undefined, "warn"],
    ["pre-install, pre-upgrade", "OnFailure", undefined, "warn"],
    ["post-delete", "Never", "2026-11-30T23:30:00Z", "warn"],
    ["test", "Always", undefined, "deny"],
    ["crd-install-later", "Never", undefined, "deny"],
    ["", "Never", undefined, "deny"],
    ["test", "Never", "2026-11-30T20:00:00Z", "deny"],
  ] as const)("for %s with restartPolicy %s, made %s: %s", (events, restartPolicy, created, action) => {
    expect(allowed(hook(events, restartPolicy, created))).toBe(action);
  });
});

function check(name: string, row: Row, outcome: "judged" | "let be"): void {
  it(`${name}: ${outcome}`, () => {
    const { findings } = verdictOf(row);
    expect(findings.length > 0 ? "judged" : "let be").toBe(outcome);
    if (outcome === "judged" && row.speaks === undefined && row.old === undefined && row.object.kind === "ReplicaSet")
      expect(rulesOf(row)).toContain("OWN-001");
  });
}

function asked(name: string, row: Row, needs: "either" | "both" | undefined): void {
  it(name, () => {
    const { request, context } = inputOf(row);
    expect(ownerQuestion(request, { context, settings: (row.policies ?? policies).settings })?.needs).toBe(needs);
  });
}

function rulesOf(row: Row): readonly string[] {
  return verdictOf(row).findings.map(({ rule }) => rule);
}

function verdictOf(row: Row) {
  return validate(inputOf(row));
}

function inputOf({ object, old, world = [], userInfo = person, speaks = false, policies: policySet = policies }: Row) {
  const request = requestFor(object, { userInfo, ...(old === undefined ? {} : { old }) });
  return { policySet, request, context: { ...contextOf(world), ...(speaks === "nobody asks" ? {} : { speaksForOwner: speaks }) } };
}

function owner(kind: string, apiVersion: string): KubeObject {
  return { apiVersion, kind, metadata: { name: "owner", ...(kind === "Node" ? {} : { namespace: "shop" }), uid: "u1" } };
}

function recreated(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: "u2" } };
}

function owned(object: KubeObject, kind: string, apiVersion: string): KubeObject {
  const reference = { kind, apiVersion, name: "owner", uid: "u1", controller: true };
  return { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } };
}

/** The Job as admission sees it: with the labels that the API server gives it. */
function handMade(more: object = {}): KubeObject {
  const { template, ...spec } = cronJob().spec.jobTemplate.spec;
  const labels = { ...template.metadata?.labels, "batch.kubernetes.io/controller-uid": "u9", "job-name": "by-hand" };
  const made = { ...spec, template: { ...template, metadata: { ...template.metadata, labels }, spec: { ...template.spec, ...more } } };
  return { ...job(), spec: made } as KubeObject;
}
