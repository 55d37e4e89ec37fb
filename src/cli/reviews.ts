/**
 * Reviews: each NodePool and NodeClass of some files, reviewed as if all other objects were already in the cluster.
 *
 * Reads manifests and policies. Returns plain data that `plimsoll review` prints; the findings are those of admission's rules.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { unplacedInstanceFacts } from "../catalog/known-instances.ts";
import { areZonesNamed, zonesOfNodePools } from "../catalog/zones.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import { validate } from "../policies/evaluate.ts";
import { isObjectOf } from "../policies/overlay-snapshot.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { classReport } from "../policies/review/class-report.ts";
import { poolReport, reviewAnswers, type ReportRow, type ReviewAnswer } from "../policies/review/pool-report.ts";
import { nodeRoleActionsAnnotation, nodesOfPool } from "../policies/review/pool-terms.ts";
import type { Finding } from "../policies/verdict.ts";
import { fileWorld } from "./file-world.ts";
import type { Manifest } from "./manifest.ts";
import { budgetsAt } from "./review-at.ts";
import { reviewedKinds, reviewFormer, type ReviewedKind, type ReviewForm } from "./review-form.ts";

/** One reviewed object, as `-o json` prints it. */
export interface Review {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly name: string;
  /** What the API server would refuse; not empty makes the exit code 2. */
  readonly refusals: readonly string[];
  readonly rows: readonly ReportRow[];
  /** Of NodePools only. */
  readonly questions: readonly ReviewAnswer[];
  readonly findings: readonly Finding[];
}

export interface ReviewInput {
  readonly manifests: readonly Pick<Manifest, "file" | "line" | "object">[];
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
  /** Actions that the nodes' role allows; empty where nobody listed them. */
  readonly roleActions: readonly string[];
  /** Instance types of a table that was named; default: the catalog's. */
  readonly facts?: readonly Ec2InstanceFacts[];
  readonly now: number;
  /** A moment for which each NodePool tells what its budgets let go. */
  readonly at?: number;
}

interface Formed extends ReviewForm {
  readonly manifest: ReviewInput["manifests"][number];
  readonly kind: ReviewedKind;
}

/** Reviews every NodePool and NodeClass as if all other objects were already in the cluster. */
export function reviewsOf(input: ReviewInput): readonly Review[] {
  const { manifests, policySet, names, now } = input;
  const form = reviewFormer();
  const formed = manifests.flatMap((manifest): readonly Formed[] => {
    const kind = reviewedKinds.find((one) => isObjectOf(one, manifest.object, names.domain));
    if (kind === undefined) return [];
    const shaped = form(kind, manifest.object);
    return [{ ...shaped, object: withRoleActions(shaped.object, input), manifest, kind }];
  });
  const others = manifests.filter((manifest) => !formed.some((one) => one.manifest === manifest)).map(({ object }) => object);
  const judged = formed.filter(({ isJudged }) => isJudged).map(({ object }) => object);
  const world = fileWorld([...others, ...judged], names);
  const context: AdmissionContext = { ...world, instanceTypes: reviewedTypes(world, input.facts), now };
  return formed.map((one) => reviewOf(one, { policySet, context, at: input.at }));
}

interface ReviewWorld {
  readonly policySet: PolicySet;
  readonly context: AdmissionContext;
  readonly at: number | undefined;
}

/** While no pool names a zone, no region is known, and what is not sold in the catalog's own may well be sold there. */
function reviewedTypes({ snapshot, instanceTypes }: AdmissionContext, facts?: readonly Ec2InstanceFacts[]): readonly InstanceType[] {
  const pools = snapshot.list("NodePool");
  if (facts === undefined && areZonesNamed(pools)) return instanceTypes;
  const zones = zonesOfNodePools(pools);
  return catalogInstanceTypes({ zones, facts: facts ?? unplacedInstanceFacts() });
}

function reviewOf(one: Formed, { policySet, context, at }: ReviewWorld): Review {
  const { object, manifest, refusals, isJudged } = one;
  const { names } = context;
  const findings = isJudged ? validate({ policySet, request: createRequest(object, names), context }).findings : [];
  const isPool = isObjectOf("NodePool", object, names.domain);
  return {
    file: manifest.file,
    line: manifest.line,
    kind: object.kind,
    name: object.metadata.name ?? "",
    refusals,
    rows: isJudged ? rowsOf(object, { policySet, context, at }) : [],
    questions: isJudged && isPool ? reviewAnswers(findings) : [],
    findings,
  };
}

function rowsOf(object: KubeObject, { policySet, context, at }: ReviewWorld): readonly ReportRow[] {
  const { domain } = context.names;
  if (isObjectOf("NodePool", object, domain)) {
    const rows = poolReport(object, { ...context, policySet });
    return at === undefined ? rows : [...rows, budgetsAt(object, { at, nodes: nodesOfPool(object, context.snapshot) })];
  }
  return isObjectOf("EC2NodeClass", object, domain) || isObjectOf("NodeClass", object, domain) ? classReport(object) : [];
}

/** What was listed for the role stands on the classes, where a pipeline with the same knowledge would write it. */
function withRoleActions(object: KubeObject, { roleActions: actions, names }: ReviewInput): KubeObject {
  if (object.kind === "NodePool" || actions.length === 0) return object;
  const annotations = { ...object.metadata.annotations, [nodeRoleActionsAnnotation(names)]: actions.join(",") };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function createRequest(object: KubeObject, { domain }: PlatformNames): AdmissionRequest {
  const info = Object.values(kindTable(domain)).find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  const { group = "", version = "", resource = "" } = info ?? {};
  return {
    uid: "offline",
    operation: "CREATE",
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource },
    name: object.metadata.name ?? "",
    namespace: "",
    object,
    userInfo: { username: "plimsoll review", groups: [] },
    dryRun: true,
  };
}

export interface ReviewSummary {
  readonly reviewed: number;
  readonly denied: number;
  readonly refused: number;
}

/** Counts reviews for the last line. */
export function summaryOf(reviews: readonly Review[]): ReviewSummary {
  return {
    reviewed: reviews.length,
    denied: reviews.filter(isDenied).length,
    refused: reviews.filter(({ refusals }) => refusals.length > 0).length,
  };
}

/** Says whether admission would deny a reviewed object. */
export function isDenied({ findings }: Review): boolean {
  return findings.some(({ action }) => action === "deny");
}
