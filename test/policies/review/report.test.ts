/** The report of a NodePool answers nine rows and ten questions, that of a NodeClass nine rows. */
import { describe, expect, it } from "vitest";
import type { EC2NodeClass } from "../../../src/api/ec2-node-class.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { classReport } from "../../../src/policies/review/class-report.ts";
import { poolReport, reviewAnswers, reviewQuestions } from "../../../src/policies/review/pool-report.ts";
import { contextOf, policySet, requestFor, testNow } from "../../support/admission.ts";
import { autoClass, named, nodeClass, pool } from "./pools.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const world = { policySet: policySet(), names: platformNames(), instanceTypes, now: testNow };
const byCategory = "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}";

describe("S055: the rows of a NodePool", () => {
  const rows = (object: KubeObject) => poolReport(object as NodePool, world);

  it("are the nine questions, all answered", () => {
    expect(rows(pool()).map(({ question, answer }) => `${question}: ${answer}`)).toEqual([
      expect.stringMatching(/^instance categories: category In c, m, r; generation Gt 5 \(\d+ types\)$/),
      expect.stringMatching(/^CPU and memory: 2 to \d+ vCPU, 4 to \d+ GiB; largest Pod \d+m \/ [\d.]+Gi \(r\S+\)$/),
      "zones: ap-southeast-1a, ap-southeast-1b, ap-southeast-1c",
      "capacity types: on-demand",
      "architecture: amd64",
      "taints: none",
      "labels: class general, workload-class=general",
      "disruption: WhenEmptyOrUnderutilized after 5m; budgets 10%; nodes expire after 336h; drain at most 1h",
      "limits: cpu 200, memory 400Gi",
    ]);
  });

  it("flag what is left open", () => {
    const bare = pool(
      ["  limits: {cpu: 200, memory: 400Gi}\n", ""],
      ["\n        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b, ap-southeast-1c]}", ""],
      ["\n        - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}", ""],
      ["\n        - {key: kubernetes.io/arch, operator: In, values: [amd64]}", ""],
    );
    const open = rows(bare).filter(({ isOpen }) => isOpen);
    expect(open.map(({ question }) => question)).toEqual(["zones", "capacity types", "architecture", "limits"]);
  });

  it("S056: say the biggest Pod that fits", () => {
    const six = "{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large, m7i.xlarge, c7i.large, c7i.xlarge]}";
    expect(rows(pool([byCategory, six]))[1]?.answer).toBe("2 to 4 vCPU, 4 to 16 GiB; largest Pod 3920m / 13.8Gi (m7i.xlarge)");
  });

  it("S090: say why a pin is there, until when, and what there would be without it", () => {
    const pinned = pool(
      [byCategory, "{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.2xlarge]}"],
      [
        "{name: general-flex,",
        '{name: general-flex, annotations: {platform.example.com/justification: licence, platform.example.com/justification-until: "2027-01-31"},',
      ],
    );
    expect(rows(pinned)[0]?.answer).toMatch(
      /\(1 type\); justified: licence until 2027-01-31; without the pin from \$0\.\d{4} an hour \(\S+\)$/,
    );
  });
});

describe("S234: the ten questions of a review", () => {
  const answers = (object: KubeObject, beside: readonly KubeObject[] = []) =>
    reviewAnswers(
      validate({ policySet: world.policySet, request: requestFor(object), context: contextOf(beside, instanceTypes) }).findings,
    );

  it("are ten, each with rules of its own", () => {
    expect(reviewQuestions).toHaveLength(10);
    expect(reviewQuestions.every(({ rules }) => rules.length > 0)).toBe(true);
  });

  it("all hold for a pool that is right", () => {
    expect(answers(pool()).filter(({ holds }) => !holds)).toEqual([]);
  });

  check("represents a workload class", ["NP-006"], [pool(named("general-other"), ["labels: {workload-class: general}", "labels: {}"])]);
  check("is technical, not organisational", ["NP-002"], [pool(named("team-fraud"))]);
  check(
    "leaves enough instance types",
    ["NP-003", "NP-004", "NP-019"],
    [pool([byCategory, "{key: node.kubernetes.io/instance-type, operator: In, values: [m7i.large]}"])],
  );
  check("names its zones, and they exist", ["NP-008"], [pool(["ap-southeast-1c]", "ap-southeast-1x]"])]);
  check("buys the capacity types that are meant", ["NP-020"], [pool(["values: [on-demand]", "values: [spot, on-demand]"])]);
  check("has clear labels and taints", ["NP-006"], [pool(["workload-class: general", "workload-class: genral"])]);
  check("has limits", ["NP-007"], [pool(["  limits: {cpu: 200, memory: 400Gi}\n", ""])]);
  check("is disrupted safely", ["NP-012"], [pool(["budgets: [{nodes: 10%}]", 'budgets: [{nodes: "0"}]'])]);
  check(
    "has somebody who pays",
    ["COST-001"],
    [pool(["platform.example.com/cost-owner: platform", "platform.example.com/cost-owner: nobody"])],
  );
  check("can be told apart from other pools", ["NP-014"], [pool(named("general-a")), pool(named("general-b"))]);

  function check(question: string, rules: readonly string[], pools: readonly [KubeObject, ...KubeObject[]]): void {
    it(`"${question}" can fail`, () => {
      const [object, ...beside] = pools;
      expect(answers(object, beside).find((one) => one.question === question)).toEqual({ question, holds: false, rules });
    });
  }
});

describe("S057: the rows of a NodeClass", () => {
  it("are nine questions", () => {
    expect(classReport(nodeClass() as EC2NodeClass).map(({ question, answer }) => `${question}: ${answer}`)).toEqual([
      "subnets: kubernetes.io/role/internal-elb=1 and environment=prod",
      "security groups: aws:eks:cluster-name=prod-platform",
      "images: al2023@v20260715; family AL2023",
      "role or instance profile: eks-node-role-prod",
      "ephemeral storage: 20Gi by default",
      "block devices: those of the image family",
      "tags: environment=prod, platform=eks, cluster=prod-platform, workload-class=general, cost-center=platform, data-classification=internal, managed-by=karpenter",
      "metadata options: tokens required, hop limit 1",
      "kubelet: defaults",
    ]);
  });

  it("of Auto Mode say what AWS chooses", () => {
    const rows = classReport(autoClass(["  role: eks-node-role-prod\n", "  ephemeralStorage: {size: 160Gi}\n"]));
    const answers = new Map(rows.map(({ question, answer }) => [question, answer]));
    expect([answers.get("images"), answers.get("ephemeral storage"), answers.get("kubelet")]).toEqual([
      "chosen by AWS (Bottlerocket)",
      "160Gi",
      "chosen by AWS",
    ]);
    expect(rows.filter(({ isOpen }) => isOpen).map(({ question }) => question)).toEqual(["role or instance profile"]);
  });
});
