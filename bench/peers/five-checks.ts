/**
 * The five checks that Kyverno and the API server itself are given: what a small platform asks of each Deployment, in CEL.
 *
 * Each is one expression over `object`, in words that both understand; kyverno.ts and api-server.ts wrap the same five into their
 * own kinds. The violating Deployments of admission-reviews.ts break two of them, as they break two rules of Plimsoll.
 */
export interface Check {
  readonly name: string;
  readonly expression: string;
  readonly message: string;
}

const containers = "object.spec.template.spec.containers";

export const fiveChecks: readonly Check[] = [
  {
    name: "bench-requests",
    expression: `${containers}.all(c, has(c.resources) && has(c.resources.requests) && "cpu" in c.resources.requests && "memory" in c.resources.requests)`,
    message: "every container requests CPU and memory",
  },
  {
    name: "bench-memory-limits",
    expression: `${containers}.all(c, has(c.resources) && has(c.resources.limits) && "memory" in c.resources.limits)`,
    message: "every container has a memory limit",
  },
  {
    name: "bench-image-tags",
    expression: `${containers}.all(c, c.image.contains(":") && !c.image.endsWith(":latest"))`,
    message: "every image has a tag other than latest",
  },
  {
    name: "bench-replicas",
    expression: "object.spec.replicas >= 3",
    message: "at least three replicas",
  },
  {
    name: "bench-memory-overcommit",
    expression: `${containers}.all(c, quantity(c.resources.limits["memory"]).asInteger() <= 2 * quantity(c.resources.requests["memory"]).asInteger())`,
    message: "no container may use more than twice the memory that it requests",
  },
];

/** The checks that a violating Deployment breaks; a good one breaks none. */
export const brokenChecks: readonly string[] = ["bench-replicas", "bench-memory-overcommit"];

/** What the checks are asked of, as both kinds of policy say it. */
export const judgedResources = {
  resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] }],
};
