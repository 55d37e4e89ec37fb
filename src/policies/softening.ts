/**
 * Softening: which refusals are let through as warnings, and why.
 *
 * Reads findings that would refuse. In turn: an exemption names the workload; an autoscaler acts, which no person can answer for;
 * the workload is grandfathered; it waits for what the same apply brings (waiting.ts); it was wrong already before the update.
 * An exemption that has ended lifts nothing, but says so beside what it would have lifted (EX-001), and lets Pods that their owner makes again alone.
 */
import type { KubeObject } from "../api/object.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { workloadOf } from "../kube/workload.ts";
import { isController } from "./admission-request.ts";
import { candidatesOf } from "./exempt-candidates.ts";
import { daysLeft, hasExpired, isNamedBy, isOpenTo, type Exemption } from "./exemption.ts";
import { gatherFacts, type Facts, type FactsInput } from "./facts.ts";
import { findingsOf, sortedFindings, tooMuchRule, wordsOf, type JudgedFinding } from "./findings.ts";
import { isGrandfathered } from "./grandfather.ts";
import { actionAt } from "./rule-action.ts";
import { expiredProblem } from "./rules/exemption.ts";
import type { Finding } from "./verdict.ts";
import { byWaiting, type WaitingFor } from "./waiting.ts";

/** Returns the findings with those refusals turned into warnings that something lifts. */
export function softened(
  findings: readonly JudgedFinding[],
  facts: Facts,
  input: FactsInput,
  asked: WaitingFor = "review",
): readonly JudgedFinding[] {
  if (!isRefusal(findings)) return findings;
  const { exemptions } = input.policySet;
  const named = exemptions.length === 0 ? [] : exemptionsNaming(exemptions, facts);
  const byCase = findings.map((finding) => (finding.action === "deny" ? byExemption(finding, { named, facts, input }) : finding));
  const settled = settledOf(byCase, facts, { input, asked });
  const expired = named.length === 0 ? [] : expiredFindings(settled, named, input);
  return expired.length === 0 ? settled : sortedFindings([...settled, ...expired]);
}

function settledOf(
  findings: readonly JudgedFinding[],
  facts: Facts,
  { input, asked }: { readonly input: FactsInput; readonly asked: WaitingFor },
): readonly JudgedFinding[] {
  if (!isRefusal(findings)) return findings;
  const left = byWaiting(findings, facts, { input, asked });
  return isRefusal(left) ? byKnown(left, facts, input) : left;
}

function isRefusal(findings: readonly JudgedFinding[]): boolean {
  return findings.some(({ action }) => action === "deny");
}

interface Lifting {
  readonly named: readonly Exemption[];
  readonly facts: Facts;
  readonly input: FactsInput;
}

function byExemption(finding: JudgedFinding, { named, facts, input }: Lifting): JudgedFinding {
  if (finding.rule === tooMuchRule) return finding;
  const { now } = input.context;
  const covering = named.filter(({ rules }) => rules.includes(finding.rule));
  const used = covering.find((exemption) => !hasExpired(exemption, now));
  if (used !== undefined) {
    return { ...finding, action: "warn", lifted: { kind: "exemption", id: used.id, owner: used.owner, daysLeft: daysLeft(used, now) } };
  }
  const { grandfather } = input.policySet.settings;
  if (isAutoscaled(finding, facts)) return { ...finding, action: "audit" };
  if (grandfather !== undefined && isGrandfathered(facts, { grandfather, now })) {
    return { ...finding, action: "warn", lifted: { kind: "grandfather", until: grandfather.untilText } };
  }
  // Pods that run by an exemption which has ended are made again by their owner; only a new change meets the rule.
  const [ended] = covering;
  if (ended !== undefined && isOwnedPod(facts)) {
    return { ...finding, action: "warn", lifted: { kind: "expired", id: ended.id, owner: ended.owner } };
  }
  return finding;
}

/** Beyond these an autoscaler does harm that nothing makes good: its profile's bounds, and the end of its workload. */
const boundsOfScale: ReadonlySet<string> = new Set(["SCALE-001", "DRAIN-046"]);

/** An autoscaler inside the profile's bounds is never held up: only a person can act on the reason. */
function isAutoscaled({ rule }: Finding, { subject, request }: Facts): boolean {
  return subject.kind === "scale" && !boundsOfScale.has(rule) && isController(request.userInfo);
}

function isOwnedPod({ subject, ownerClaim }: Facts): boolean {
  return subject.kind === "workload" && subject.workload.kind === "Pod" && ownerClaim === "believed";
}

/** The exemptions that name the judged object, or all workloads that it touches, and cover the requester. */
function exemptionsNaming(exemptions: readonly Exemption[], facts: Facts): readonly Exemption[] {
  const { own, touched } = candidatesOf(facts);
  return exemptions.filter(
    (exemption) =>
      isOpenTo(exemption, facts.request) &&
      (own.some((candidate) => isNamedBy(exemption, candidate)) ||
        (touched.length > 0 && touched.every((candidate) => isNamedBy(exemption, candidate)))),
  );
}

/**
 * What was wrong already before an update is told again, but does not hold up a change beside it; an edit of a workload's Pod
 * template is judged as a new workload. The object as it was is judged only by the rules that would refuse.
 */
function byKnown(findings: readonly JudgedFinding[], facts: Facts, input: FactsInput): readonly JudgedFinding[] {
  const { request } = input;
  const { object, oldObject, ...rest } = request;
  if (request.operation !== "UPDATE" || oldObject === undefined || object === undefined) return findings;
  if (facts.subject.kind === "workload" && hasOtherTemplate(object, oldObject)) return findings;
  const before = { ...input, request: { ...rest, object: oldObject } };
  const denying = new Set(findings.filter(({ action }) => action === "deny").map(({ rule }) => rule));
  const known = new Map(findingsOf(gatherFacts(before), before, denying).map((finding) => [wordsOf(finding), new Set(finding.about)]));
  const isKnown = (finding: JudgedFinding): boolean => {
    const about = known.get(wordsOf(finding));
    // The same words about another workload are another problem: a wrong budget is not moved from one to the next.
    return about !== undefined && (finding.about ?? []).every((workload) => about.has(workload));
  };
  return findings.map((finding) => (finding.action === "deny" && isKnown(finding) ? { ...finding, action: "warn" } : finding));
}

/** Annotations alone make no other workload: `kubectl rollout restart` writes one, and nothing else. */
function hasOtherTemplate(object: KubeObject, before: KubeObject): boolean {
  return !jsonEquals(unannotatedTemplate(object), unannotatedTemplate(before));
}

function unannotatedTemplate(object: KubeObject): unknown {
  const template = workloadOf(object)?.template;
  return template === undefined ? undefined : { spec: template.spec, labels: template.metadata?.labels };
}

/** EX-001: one line for each refusal that an exemption would have lifted while it held. */
function expiredFindings(findings: readonly Finding[], named: readonly Exemption[], input: FactsInput): readonly Finding[] {
  const setting = input.policySet.rules.get("EX-001");
  const action = setting === undefined ? "off" : actionAt(setting, input.context.now);
  if (action === "off") return [];
  return findings
    .filter((finding) => finding.action === "deny")
    .flatMap((finding) =>
      named
        .filter(({ rules }) => rules.includes(finding.rule))
        .map((exemption): Finding => ({ rule: "EX-001", action, path: finding.path, ...expiredProblem(exemption, finding.rule) })),
    );
}
