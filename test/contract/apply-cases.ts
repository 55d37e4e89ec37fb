// Server-side apply as our controllers use it: create, change, no change, conflict, force, removal, status, keyed lists.
import { tellAll, told, type Case } from "./case.ts";
import { budget } from "./objects.ts";

const apply = "application/apply-patch+yaml";
const merge = "application/merge-patch+json";
const budgets = (namespace: string): string => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;

function applied(path: string, manager: string, body: object, force = false) {
  return { method: "PATCH" as const, path: `${path}?fieldManager=${manager}${force ? "&force=true" : ""}`, contentType: apply, body };
}

const container = (name: string, more: object = {}) => ({ name, image: `${name}:1`, ...more });
const app = (containers: readonly object[], more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { selector: { matchLabels: { app: "web" } }, template: { metadata: { labels: { app: "web" } }, spec: { containers } }, ...more },
});

export const applyCases: readonly Case[] = [
  {
    name: "an apply creates, changes, and leaves the object alone where nothing changed",
    run: async (world, ns) => {
      const path = `${budgets(ns)}/b`;
      const answers = await tellAll(world, [
        applied(path, "one", budget("b", { minAvailable: 1 })),
        applied(path, "one", budget("b", { minAvailable: 2 })),
      ]);
      const before = await world.request(applied(path, "one", budget("b", { minAvailable: 2 })));
      const after = await world.request({ method: "GET", path });
      const revision = (body: unknown): string => (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
      return [...answers, told(before), revision(before.body) === revision(after.body)];
    },
  },
  {
    name: "another manager's value conflicts unless forced, and an equal value is shared",
    run: (world, ns) => {
      const path = `${budgets(ns)}/b`;
      return tellAll(world, [
        applied(path, "one", budget("b", { minAvailable: 1 })),
        applied(path, "two", budget("b", { minAvailable: 1 })),
        applied(path, "two", budget("b", { minAvailable: 2 })),
        applied(path, "two", budget("b", { minAvailable: 2 }), true),
        applied(path, "one", budget("b", { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" })),
        { method: "PATCH", path: `${path}?fieldManager=three`, contentType: merge, body: { spec: { minAvailable: 3 } } },
        applied(path, "two", budget("b", { minAvailable: 2 })),
      ]);
    },
  },
  {
    name: "what a manager no longer applies goes, unless another holds it",
    run: (world, ns) => {
      const path = `${budgets(ns)}/b`;
      const labelled = (labels: object | undefined, spec: object) => ({
        ...budget("b", spec),
        metadata: { name: "b", ...(labels === undefined ? {} : { labels }) },
      });
      return tellAll(world, [
        applied(path, "one", labelled({ a: "1", b: "2" }, { minAvailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" })),
        applied(path, "two", { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b", labels: { b: "2", c: "3" } } }),
        applied(path, "one", labelled({ a: "1" }, { minAvailable: 1 })),
        applied(path, "one", labelled(undefined, { minAvailable: 1 })),
        applied(path, "two", { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b" } }),
      ]);
    },
  },
  {
    name: "keyed lists merge item by item, in order, and lose what is no longer applied",
    run: (world, ns) => {
      const path = `${deployments(ns)}/web`;
      return tellAll(world, [
        applied(path, "one", app([container("a", { ports: [{ containerPort: 80 }] }), container("b")], { replicas: 1 })),
        applied(path, "two", app([container("c"), container("a", { env: [{ name: "X", value: "1" }] })])),
        applied(path, "one", app([container("b"), container("a")], { replicas: 1 })),
        applied(path, "one", app([container("a")])),
        applied(path, "two", app([container("a")])),
        applied(path, "two", app([container("a", { args: ["--x"], resources: { requests: { cpu: "1000m" } } })])),
      ]);
    },
  },
  {
    name: "the status is applied by its subresource only",
    run: (world, ns) => {
      const path = `${deployments(ns)}/web`;
      const status = (replicas: number) => ({ ...app([container("a")], { replicas: 9 }), status: { replicas } });
      return tellAll(world, [
        applied(path, "one", { ...app([container("a")]), status: { replicas: 3 } }),
        applied(`${path}/status`, "one", status(4)),
        applied(`${path}/status`, "two", status(5)),
        applied(`${path}/status`, "two", status(5), true),
        applied(path, "one", app([container("a", { image: "a:2" })])),
      ]);
    },
  },
  {
    name: "an apply without a manager, with unknown fields, of the wrong object, or with an old revision is refused",
    run: (world, ns) => {
      const path = `${budgets(ns)}/b`;
      return tellAll(world, [
        { method: "PATCH", path, contentType: apply, body: budget("b", { minAvailable: 1 }) },
        applied(path, "one", budget("b", { minAvailabel: 1 })),
        applied(path, "one", { ...budget("b", {}), kind: "Pod" }),
        applied(path, "one", budget("b", { minAvailable: 1 })),
        applied(path, "one", { ...budget("b", { minAvailable: 2 }), metadata: { name: "b", resourceVersion: "1" } }),
        applied(path, "one", { ...budget("b", { minAvailable: 2 }), metadata: { name: "b", managedFields: [{ manager: "x" }] } }),
        applied(path, "one", budget("c", { minAvailable: 2 })),
      ]);
    },
  },
  {
    name: "a dry-run apply answers and stores nothing",
    run: (world, ns) =>
      tellAll(world, [
        { ...applied(`${budgets(ns)}/b`, "one", budget("b", { minAvailable: 1 })), path: `${budgets(ns)}/b?fieldManager=one&dryRun=All` },
        { method: "GET", path: `${budgets(ns)}/b` },
      ]),
  },
];
