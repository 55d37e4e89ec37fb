/** A selector is matched against the labels that Pods will carry: those that controllers add, and those that we compile. */
import { describe, expect, it } from "vitest";
import type { KubeObject, LabelSelector } from "../../src/api/object.ts";
import { podSelection } from "../../src/kube/controller-labels.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { budget, cronJob, deployment, job, profile, statefulSet } from "../support/objects.ts";

const policies = policySet();
const where = (key: string, operator: "In" | "NotIn" | "Exists" | "DoesNotExist", ...values: readonly string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }],
});

describe("a selector over labels that no template has", () => {
  const web = deployment({ replicas: 3 });
  const db = statefulSet({ name: "db", replicas: 3 });
  const zone = "topology.kubernetes.io/zone";
  const podName = "statefulset.kubernetes.io/pod-name";
  const rows: readonly [string, KubeObject, LabelSelector, "all" | "none" | number][] = [
    ["a Deployment's hash stands on every Pod", web, where("pod-template-hash", "Exists"), "all"],
    ["and is never absent", web, where("pod-template-hash", "DoesNotExist"), "none"],
    ["and may be any value", web, where("pod-template-hash", "In", "5d4f"), "all"],
    ["also none of some", web, where("pod-template-hash", "NotIn", "5d4f"), "all"],
    [
      "a template that says it itself is overwritten",
      deployment({ podLabels: { "pod-template-hash": "mine" } }),
      where("pod-template-hash", "NotIn", "mine"),
      "all",
    ],
    ["a StatefulSet has no such hash", db, where("pod-template-hash", "Exists"), "none"],
    ["a StatefulSet's revision begins with its name", db, where("controller-revision-hash", "In", "db-77c"), "all"],
    ["a revision of another name is never its own", db, where("controller-revision-hash", "In", "web-77c"), "none"],
    ["one Pod by its name", db, where(podName, "In", "db-0"), 1],
    ["two by theirs, one of them beyond the replicas", db, where(podName, "In", "db-1", "db-7", "db-2"), 2],
    ["all but one", db, where(podName, "NotIn", "db-0"), 2],
    ["nobody's name", db, where(podName, "In", "web-0", "db-x", "db-01"), "none"],
    ["an ordinal", db, where("apps.kubernetes.io/pod-index", "In", "0", "2"), 2],
    ["every ordinal", db, where("apps.kubernetes.io/pod-index", "Exists"), "all"],
    ["the zone of a Node stands on newer Pods", web, where(zone, "In", "a"), 1],
    ["whatever zone", web, where(zone, "Exists"), "all"],
    ["no zone, on older ones", web, where(zone, "DoesNotExist"), "all"],
    ["a Job's name", job({ name: "report" }), where("job-name", "In", "report"), "all"],
    ["another Job's name", job({ name: "report" }), where("batch.kubernetes.io/job-name", "In", "other"), "none"],
    ["the name of a CronJob's Job", cronJob({ name: "nightly" }), where("batch.kubernetes.io/job-name", "In", "nightly-1"), "all"],
    ["a Job's uid", job(), where("batch.kubernetes.io/controller-uid", "Exists"), "all"],
    ["a plain label beside it must match too", web, { matchLabels: { app: "other" }, ...where("pod-template-hash", "Exists") }, "none"],
  ];
  it.each(rows)("%s", (_, object, selector, expected) => {
    const workload = workloadOf(object);
    if (workload === undefined) throw new Error("a row is about a workload");
    const selection = podSelection(selector, { workload, labels: workload.template.metadata?.labels });
    expect(selection.kind === "some" ? selection.least(3) : selection.kind).toBe(expected);
  });
});

describe("a budget over such labels is judged with its workloads, whichever comes second", () => {
  const huge = (selector: LabelSelector) => budget({ name: "huge", minAvailable: 1000, selector });
  const db = statefulSet({ name: "db", replicas: 3 });
  pair("a hash and 1000 Pods", huge(where("pod-template-hash", "Exists")), deployment({ replicas: 3 }), "DRAIN-002");
  pair("a revision and 1000 Pods", huge(where("controller-revision-hash", "Exists")), db, "DRAIN-002");
  pair(
    "one Pod of a StatefulSet",
    budget({ name: "one", maxUnavailable: 1, selector: where("apps.kubernetes.io/pod-index", "In", "0") }),
    db,
    "DRAIN-044",
  );
  pair(
    "one zone",
    budget({ name: "a", minAvailable: 1, selector: where("topology.kubernetes.io/zone", "In", "a") }),
    deployment({ replicas: 6 }),
    "DRAIN-044",
  );
  pair(
    "a budget by percentage over a Job's name",
    budget({ name: "j", minAvailable: "50%", selector: where("job-name", "Exists") }),
    job(),
    "JOB-002",
  );
  pair(
    "a label that we compile",
    huge({ matchLabels: { "platform.example.com/profile": "web" } }),
    deployment({ replicas: 3 }),
    "DRAIN-002 DRAIN-005",
    [profile()],
  );
  pair("a class that we compile", huge(where("platform.example.com/workload-class", "Exists")), deployment({ replicas: 3 }), "DRAIN-002");
  pair(
    "a second budget by such a label",
    budget({ name: "two", maxUnavailable: 1, selector: where("pod-template-hash", "Exists") }),
    deployment({ replicas: 3 }),
    "DRAIN-005",
    [budget({ maxUnavailable: 1 })],
  );
  pair(
    "all members but the first, which leaves one",
    budget({ name: "rest", minAvailable: 1, selector: where("apps.kubernetes.io/pod-index", "NotIn", "0") }),
    db,
    undefined,
  );
  pair(
    "every Pod that has a hash, one at a time",
    budget({ name: "fine", maxUnavailable: 1, selector: where("pod-template-hash", "Exists") }),
    deployment({ replicas: 3 }),
    undefined,
  );
});

function pair(name: string, guard: KubeObject, workload: KubeObject, rule: string | undefined, world: readonly KubeObject[] = []): void {
  it.each([
    ["the budget", guard, workload],
    ["the workload", workload, guard],
  ])(`${name}: %s second`, (_, judge, first) => {
    const { findings } = validate({ policySet: policies, request: requestFor(judge), context: contextOf([first, ...world]) });
    const denied = findings.filter(({ action }) => action === "deny").map((finding) => finding.rule);
    expect(denied.join(" ")).toBe(rule ?? "");
  });
}
