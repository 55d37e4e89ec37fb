// What there is to ask for: the groups' resources as clients discover them, and the refusals of paths and users that are not known.
import { told, type Case } from "./case.ts";
import { normalised } from "./normalise.ts";

/** What the embedded world serves; the real server has more. */
const served: Readonly<Record<string, readonly string[]>> = {
  "/api/v1": [
    "pods",
    "pods/status",
    "pods/binding",
    "pods/eviction",
    "nodes",
    "nodes/status",
    "namespaces",
    "namespaces/status",
    "services",
    "services/status",
    "endpoints",
    "secrets",
    "configmaps",
    "serviceaccounts",
    "events",
  ],
  "/apis/apps/v1": [
    "deployments",
    "deployments/status",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "statefulsets",
    "statefulsets/scale",
    "daemonsets",
    "daemonsets/status",
  ],
  "/apis/batch/v1": ["jobs", "jobs/status", "cronjobs", "cronjobs/status"],
  "/apis/policy/v1": ["poddisruptionbudgets", "poddisruptionbudgets/status"],
  "/apis/autoscaling/v2": ["horizontalpodautoscalers", "horizontalpodautoscalers/status"],
  "/apis/coordination.k8s.io/v1": ["leases"],
  "/apis/discovery.k8s.io/v1": ["endpointslices"],
  "/apis/events.k8s.io/v1": ["events"],
  "/apis/scheduling.k8s.io/v1": ["priorityclasses"],
  "/apis/admissionregistration.k8s.io/v1": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
  "/apis/apiextensions.k8s.io/v1": ["customresourcedefinitions", "customresourcedefinitions/status"],
};

type Resource = { readonly name: string; readonly storageVersionHash?: string };

export const discoveryCases: readonly Case[] = [
  {
    name: "each served resource is discovered with its names, scope and verbs",
    run: async (world) => {
      const found: Record<string, unknown> = {};
      for (const [path, names] of Object.entries(served)) {
        const { body } = await world.request({ method: "GET", path });
        const { kind, groupVersion, resources } = body as { kind: string; groupVersion: string; resources: readonly Resource[] };
        const listed = resources
          .filter(({ name }) => names.includes(name))
          .map((resource) => ({ ...resource, storageVersionHash: undefined }));
        found[path] = { kind, groupVersion, resources: listed.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
      }
      return found;
    },
  },
  {
    name: "a group is told with its versions, and an unknown one, an unknown path and an unknown token are refused",
    run: async (world) => {
      const group = await world.request({ method: "GET", path: "/apis/policy" });
      const unknown = await world.request({ method: "GET", path: "/apis/nothing.example.com/v1/things" });
      const stranger = await world.request({ method: "GET", path: "/api/v1/pods", token: "wrong" });
      const { status } = await world.request({ method: "GET", path: "/readyz" });
      return [told(group), unknown.status, normalised(unknown.body), told(stranger), status];
    },
  },
];
