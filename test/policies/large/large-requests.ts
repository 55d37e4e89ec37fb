/**
 * Large requests: for each kind that admission judges, reviews of objects with one or several lists and maps filled up.
 *
 * Reads random numbers and a size. Returns the request with the name of what is large in it.
 */
import { crdOf } from "../../../src/api/crd.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { AdmissionRequest } from "../../../src/policies/admission-request.ts";
import { createBuiltInSchemas } from "../../../src/sim/built-in-schemas.ts";
import { customResourceSchema } from "../../../src/sim/crd-schema.ts";
import { toJson, type JsonObject } from "../../../src/sim/json.ts";
import type { Schema } from "../../../src/sim/schema.ts";
import { requestFor } from "../../support/admission.ts";
import { filledObject, waysOf, type Way } from "./large-object.ts";
import { crowdedNamespace, webDeployment, webPodSpec } from "./large-world.ts";

const names = platformNames();
const builtIn = createBuiltInSchemas();
const labels = { app: "web" };
const template = { metadata: { labels }, spec: webPodSpec };

/** A kind with its schema, what each object of it must have, and the ways to its lists and maps. */
export interface LargeKind {
  readonly kind: string;
  readonly schema: Schema;
  readonly base: KubeObject;
  readonly ways: readonly Way[];
}

const metadata = { name: "web", namespace: crowdedNamespace, labels };

/** Returns the kinds that admission judges. */
export function largeKinds(): readonly LargeKind[] {
  const job = { template: { metadata: { labels }, spec: { ...webPodSpec, restartPolicy: "Never" } } };
  return [
    ofBuiltIn("apps.v1.Deployment", webDeployment("web")),
    ofBuiltIn("apps.v1.StatefulSet", { spec: { serviceName: "web", replicas: 3, selector: { matchLabels: labels }, template } }),
    ofBuiltIn("apps.v1.DaemonSet", { spec: { selector: { matchLabels: labels }, template } }),
    ofBuiltIn("apps.v1.ReplicaSet", { spec: { replicas: 2, selector: { matchLabels: labels }, template } }),
    ofBuiltIn("batch.v1.Job", { spec: job }),
    ofBuiltIn("batch.v1.CronJob", { spec: { schedule: "0 4 * * *", jobTemplate: { spec: job } } }),
    ofBuiltIn("core.v1.Pod", { spec: webPodSpec }),
    ofBuiltIn("policy.v1.PodDisruptionBudget", { spec: { minAvailable: 1, selector: { matchLabels: labels } } }),
    ofBuiltIn("autoscaling.v2.HorizontalPodAutoscaler", {
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas: 2, maxReplicas: 9 },
    }),
    ofBuiltIn("core.v1.Namespace", { metadata: { name: crowdedNamespace, labels: {} } }),
    ofCrd("WorkloadProfile", { spec: { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 20 } } }),
    ofCrd("NodePool", {
      metadata: { name: "general-flex" },
      spec: {
        template: {
          metadata: { labels: { "workload-class": "general" } },
          spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
        },
      },
    }),
    ofCrd("EC2NodeClass", {
      metadata: { name: "default" },
      spec: { role: "nodes", amiSelectorTerms: [{ alias: "al2023@latest" }], subnetSelectorTerms: [], securityGroupSelectorTerms: [] },
    }),
  ];
}

function ofBuiltIn(reference: string, rest: object): LargeKind {
  const [group = "", version = "", kind = ""] = reference.split(".");
  const groups: Readonly<Record<string, string>> = {
    core: "",
    apps: "apps/",
    batch: "batch/",
    policy: "policy/",
    autoscaling: "autoscaling/",
  };
  return largeKind({ apiVersion: `${groups[group] ?? ""}${version}`, kind, metadata, ...rest }, builtIn(reference));
}

function ofCrd(kind: "WorkloadProfile" | "NodePool" | "EC2NodeClass", rest: object): LargeKind {
  const { spec } = crdOf(kind);
  const version = spec.versions[0];
  const schema = customResourceSchema(toJson(version?.schema.openAPIV3Schema) as JsonObject, builtIn);
  const apiVersion = kind === "WorkloadProfile" ? names.apiVersion : `${spec.group}/${version?.name ?? ""}`;
  return largeKind({ apiVersion, kind, metadata, ...rest }, schema);
}

function largeKind(base: KubeObject, schema: Schema): LargeKind {
  return { kind: base.kind, schema, base, ways: waysOf(schema) };
}

/** A request, and in words what is large in it. */
export interface LargeRequest {
  readonly title: string;
  readonly request: AdmissionRequest;
}

/** Returns the request about an object with these ways filled: a CREATE, or an UPDATE of one that differs little. */
export function largeRequest(
  { kind, schema, base }: LargeKind,
  ways: readonly Way[],
  of: { readonly random: () => number; readonly bytesMax: number; readonly isUpdate: boolean },
): LargeRequest {
  const object = filledObject(schema, base, { ...of, ways }) as KubeObject;
  const title = `${of.isUpdate ? "UPDATE" : "CREATE"} ${kind} ${ways.map((way) => way.join(".")).join(" + ")}`;
  if (!of.isUpdate) return { title, request: requestFor(object) };
  const old = structuredClone(object) as KubeObject & { spec?: Record<string, unknown>; metadata: object };
  if (old.spec !== undefined) old.spec["replicas"] = 1;
  return {
    title,
    request: requestFor({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, new: "yes" } } }, { old }),
  };
}
