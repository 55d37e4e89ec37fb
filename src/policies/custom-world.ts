/**
 * Custom world: the CEL variables of one request.
 *
 * Reads facts. Returns a function that makes each variable when it is first asked for: an object of a few kilobytes is cheap to turn
 * into CEL values, the Pods of a large namespace are not.
 */
import type { KubeObject } from "../api/object.ts";
import { matchesSelector } from "../kube/selector.ts";
import { toCelValue } from "./cel/cel-value.ts";
import type { CustomValues, CustomVariable } from "./custom-rule.ts";
import type { Facts } from "./facts.ts";
import { boundClassName } from "./profile/workload-contract.ts";
import { budgetsSelecting } from "./selecting-objects.ts";

/** Siblings that an expression sees; more than these say nothing more. */
const podsMax = 500;

/** Returns the variables of a request. */
export function customValues(facts: Facts): CustomValues {
  const made = new Map<string, unknown>();
  return (name) => {
    if (made.has(name)) return made.get(name);
    const value = toCelValue(valueOf(name, facts) ?? null);
    made.set(name, value);
    return value;
  };
}

/** Returns the class that a request is judged under, as scopes see it; undefined where there is none. */
export function classNameOf({ views, subject, policySet }: Facts): string | undefined {
  if (subject.kind === "profile") return boundClassName(subject.profile, policySet);
  return views[0]?.className;
}

function valueOf(name: Exclude<CustomVariable, "item">, facts: Facts): unknown {
  const [view] = facts.views;
  switch (name) {
    case "object":
      return facts.subject.kind === "scale" ? scaledTo(facts.subject.workload.object, facts.subject.to) : facts.request.object;
    case "oldObject":
      return facts.subject.kind === "scale" ? scaledTo(facts.subject.workload.object, facts.subject.from) : facts.request.oldObject;
    case "request":
      return requestValue(facts);
    case "profile":
      return facts.subject.kind === "profile" ? facts.subject.profile : boundProfile(facts);
    case "class":
      return view?.workloadClass ?? facts.policySet.classes.get(classNameOf(facts) ?? "");
    case "pod":
      return view?.pod.spec;
    case "pods":
      return siblings(facts);
    case "pdbs":
      return budgets(facts);
    case "namespaceObject":
      return facts.namespaceObject;
  }
}

/** Who scales writes replicas and nothing else; a rule sees the workload as if its own replicas were edited. */
function scaledTo(object: KubeObject & { readonly spec?: unknown }, replicas: number): KubeObject {
  const { spec } = object;
  const scaled = { ...object, spec: { ...(typeof spec === "object" ? spec : {}), replicas } };
  return scaled;
}

function requestValue({ request }: Facts): object {
  const { operation, name, namespace, kind, subResource, userInfo, dryRun } = request;
  return { operation, name, namespace, kind, subResource: subResource ?? "", userInfo, dryRun };
}

function boundProfile({ views }: Facts): unknown {
  const [view] = views;
  return view?.binding.kind === "bound" ? view.binding.profile : undefined;
}

function siblings({ views, snapshot }: Facts): unknown {
  const [view] = views;
  if (view === undefined) return [];
  const { namespace, selector, template } = view.workload;
  const wanted = selector ?? { matchLabels: template.metadata?.labels ?? {} };
  return snapshot
    .list("Pod", namespace)
    .filter(({ metadata }) => matchesSelector(wanted, metadata.labels))
    .slice(0, podsMax);
}

function budgets({ views, snapshot }: Facts): unknown {
  const [view] = views;
  if (view === undefined) return [];
  return budgetsSelecting({ workload: view.workload, labels: view.pod.metadata.labels }, snapshot);
}
