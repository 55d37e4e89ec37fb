// What cluster/ asks of objects: create, read, replace, patch, lock, delete, and the errors of each.
import { deployment, pod } from "./objects.ts";
import { metadataOf, tellAll, told, type Case } from "./case.ts";

const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;
const pods = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;
const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const json = "application/json-patch+json";

export const objectCases: readonly Case[] = [
  {
    name: "a Deployment gets its defaults, and a second one of its name is refused",
    run: (world, ns) =>
      tellAll(world, [
        { method: "POST", path: deployments(ns), body: deployment("web") },
        { method: "POST", path: deployments(ns), body: deployment("web") },
        { method: "GET", path: `${deployments(ns)}/web` },
        { method: "GET", path: `${deployments(ns)}/none` },
        { method: "GET", path: `/apis/apps/v9/namespaces/${ns}/deployments` },
        { method: "GET", path: `/api/v1/namespaces/${ns}/nothings` },
      ]),
  },
  {
    name: "a Pod's selectors are completed with the label keys of its spread and affinity",
    run: (world, ns) => {
      const labelSelector = { matchLabels: { app: "web" } };
      const term = { topologyKey: "topology.kubernetes.io/zone", labelSelector };
      const keys = { matchLabelKeys: ["hash", "none"], mismatchLabelKeys: ["tenant"] };
      const spread = { ...term, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
      const body = pod("keyed", {
        metadata: { name: "keyed", labels: { app: "web", hash: "h1", tenant: "t1" } },
        spec: {
          containers: [{ name: "app", image: "app" }],
          topologySpreadConstraints: [
            { ...spread, matchLabelKeys: ["hash", "none"] },
            { ...spread, topologyKey: "kubernetes.io/hostname" },
          ],
          affinity: {
            podAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, ...keys }],
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { ...term, ...keys } }],
            },
            podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, mismatchLabelKeys: ["tenant"] }, term] },
          },
        },
      });
      return tellAll(world, [{ method: "POST", path: pods(ns), body }]);
    },
  },
  {
    name: "a Pod gets its defaults, tolerations, priority and QoS class",
    run: (world, ns) =>
      tellAll(world, [
        { method: "POST", path: pods(ns), body: pod("plain") },
        {
          method: "POST",
          path: pods(ns),
          body: pod("limited", {
            spec: {
              containers: [
                {
                  name: "app",
                  image: "app",
                  resources: { limits: { cpu: "1000m", memory: 1073741824 } },
                  readinessProbe: { httpGet: { port: 80 } },
                  env: [{ name: "N", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
                  lifecycle: { preStop: { httpGet: { port: 80, path: "/x" } } },
                },
              ],
              volumes: [
                { name: "a" },
                { name: "b", configMap: { name: "c" } },
                { name: "d", secret: { secretName: "e" } },
                { name: "h", hostPath: { path: "/x" } },
              ],
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: "topology.kubernetes.io/zone",
                  whenUnsatisfiable: "DoNotSchedule",
                  labelSelector: { matchLabels: { app: "web" } },
                },
              ],
            },
          }),
        },
        {
          method: "POST",
          path: pods(ns),
          body: pod("critical", {
            spec: {
              priorityClassName: "system-node-critical",
              hostNetwork: true,
              containers: [
                {
                  name: "app",
                  image: "r:5000/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                  ports: [{ containerPort: 80 }],
                },
              ],
            },
          }),
        },
        { method: "POST", path: pods(ns), body: pod("orphan", { spec: { priorityClassName: "no-such-class" } }) },
      ]),
  },
  {
    name: "the other built-in kinds get their defaults",
    run: (world, ns) => {
      const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "a", image: "b" }] } };
      const jobTemplate = { spec: { containers: [{ name: "a", image: "b" }], restartPolicy: "Never" } };
      const selector = { matchLabels: { app: "x" } };
      const of = (apiVersion: string, kind: string, spec: object) => ({ apiVersion, kind, metadata: { name: "x" }, spec });
      return tellAll(world, [
        {
          method: "POST",
          path: `/apis/apps/v1/namespaces/${ns}/statefulsets`,
          body: of("apps/v1", "StatefulSet", {
            serviceName: "x",
            selector,
            template,
            volumeClaimTemplates: [
              { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } } } },
            ],
          }),
        },
        { method: "POST", path: `/apis/apps/v1/namespaces/${ns}/daemonsets`, body: of("apps/v1", "DaemonSet", { selector, template }) },
        { method: "POST", path: `/apis/apps/v1/namespaces/${ns}/replicasets`, body: of("apps/v1", "ReplicaSet", { selector, template }) },
        // Its selector and its labels are its template's where it brings none.
        { method: "POST", path: `/api/v1/namespaces/${ns}/replicationcontrollers`, body: of("v1", "ReplicationController", { template }) },
        { method: "GET", path: `/api/v1/namespaces/${ns}/replicationcontrollers/x/scale` },
        {
          method: "POST",
          path: `/api/v1/namespaces/${ns}/replicationcontrollers`,
          body: {
            ...of("v1", "ReplicationController", { replicas: 0, selector: { l: "other" }, template }),
            metadata: { name: "mismatched" },
          },
        },
        {
          method: "POST",
          path: `/apis/batch/v1/namespaces/${ns}/jobs`,
          body: of("batch/v1", "Job", { template: { ...jobTemplate, metadata: { labels: { l: "m" } } } }),
        },
        {
          method: "POST",
          path: `/apis/batch/v1/namespaces/${ns}/cronjobs`,
          body: of("batch/v1", "CronJob", { schedule: "*/5 * * * *", jobTemplate: { spec: { template: jobTemplate } } }),
        },
        {
          method: "POST",
          path: `/apis/autoscaling/v2/namespaces/${ns}/horizontalpodautoscalers`,
          body: of("autoscaling/v2", "HorizontalPodAutoscaler", {
            scaleTargetRef: { kind: "Deployment", name: "x", apiVersion: "apps/v1" },
            maxReplicas: 3,
          }),
        },
        {
          method: "POST",
          path: `/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets`,
          body: of("policy/v1", "PodDisruptionBudget", { minAvailable: "50%", selector }),
        },
        {
          method: "POST",
          path: `/api/v1/namespaces/${ns}/services`,
          body: of("v1", "Service", { ports: [{ port: 80 }], selector: { app: "x" } }),
        },
        {
          method: "POST",
          path: `/api/v1/namespaces/${ns}/secrets`,
          body: { apiVersion: "v1", kind: "Secret", metadata: { name: "x" }, stringData: { a: "b" } },
        },
        {
          method: "POST",
          path: `/api/v1/namespaces/${ns}/configmaps`,
          body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", labels: {} }, data: { a: "b" } },
        },
        {
          method: "POST",
          path: `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases`,
          body: of("coordination.k8s.io/v1", "Lease", {
            holderIdentity: "me",
            leaseDurationSeconds: 15,
            renewTime: "2026-01-01T00:00:00.5Z",
          }),
        },
        {
          method: "POST",
          path: `/apis/events.k8s.io/v1/namespaces/${ns}/events`,
          body: {
            apiVersion: "events.k8s.io/v1",
            kind: "Event",
            metadata: { name: "e", namespace: ns },
            eventTime: "2026-01-01T00:00:00.000000Z",
            reportingController: "plimsoll",
            reportingInstance: "p-0",
            action: "Bind",
            reason: "Bound",
            regarding: { kind: "Pod", name: "x", namespace: ns },
            note: "said",
            type: "Normal",
          },
        },
        { method: "GET", path: `/api/v1/namespaces/${ns}/events/e` },
      ]);
    },
  },
  {
    name: "a PUT with an old resourceVersion is a conflict, one without is not, and the status is out of its reach",
    run: async (world, ns) => {
      const created = await world.request({ method: "POST", path: deployments(ns), body: deployment("web") });
      const revision = metadataOf(created.body, "resourceVersion");
      const path = `${deployments(ns)}/web`;
      const patched = await world.request({ method: "PATCH", path, contentType: merge, body: { metadata: { labels: { x: "y" } } } });
      return [
        told(patched),
        ...(await tellAll(world, [
          { method: "PUT", path, body: deployment("web", { metadata: { resourceVersion: revision } }) },
          { method: "PUT", path, body: { ...deployment("web", { spec: { replicas: 5 } }), status: { replicas: 9 } } },
          {
            method: "PUT",
            path: `${path}/status`,
            body: { ...deployment("web", { spec: { replicas: 7 } }), status: { replicas: 3, observedGeneration: 2 } },
          },
          { method: "PUT", path, body: deployment("other") },
          { method: "PUT", path, body: deployment("web", { metadata: { uid: "00000000-0000-4000-8000-000000000000" } }) },
          {
            method: "PUT",
            path,
            body: deployment("web", {
              spec: {
                selector: { matchLabels: { app: "z" } },
                template: { metadata: { labels: { app: "z" } }, spec: { containers: [{ name: "a", image: "b" }] } },
              },
            }),
          },
        ])),
      ];
    },
  },
  {
    name: "each kind of patch changes what it says, and a patch of the wrong kind is refused",
    run: (world, ns) => {
      const path = `${deployments(ns)}/web`;
      const container = (body: object) => ({ spec: { template: { spec: { containers: [body] } } } });
      return tellAll(world, [
        { method: "POST", path: deployments(ns), body: deployment("web") },
        { method: "PATCH", path, contentType: strategic, body: container({ name: "side", image: "side:1" }) },
        { method: "PATCH", path, contentType: strategic, body: container({ name: "app", $patch: "delete" }) },
        { method: "PATCH", path, contentType: strategic, body: { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } } },
        {
          method: "PATCH",
          path,
          contentType: strategic,
          body: { metadata: { finalizers: ["example.com/a"], "$deleteFromPrimitiveList/finalizers": [] } },
        },
        {
          method: "PATCH",
          path,
          contentType: merge,
          body: { metadata: { labels: { app: null }, annotations: { a: "b" }, finalizers: null } },
        },
        {
          method: "PATCH",
          path,
          contentType: json,
          body: [
            { op: "replace", path: "/spec/replicas", value: 4 },
            { op: "add", path: "/metadata/labels/x~1y", value: "z" },
          ],
        },
        { method: "PATCH", path, contentType: json, body: [{ op: "test", path: "/spec/replicas", value: 5 }] },
        { method: "PATCH", path, contentType: json, body: [{ op: "remove", path: "/spec/nothing" }] },
        { method: "PATCH", path, contentType: merge, body: { metadata: { resourceVersion: "1" }, spec: { replicas: 1 } } },
        { method: "PATCH", path, contentType: strategic, body: container({ image: "nameless" }) },
        { method: "PATCH", path, contentType: merge, body: {} },
        { method: "PATCH", path: `${deployments(ns)}/none`, contentType: merge, body: {} },
      ]);
    },
  },
  {
    name: "what is wrong is refused in the same words",
    run: (world, ns) => {
      const wrong = (more: Parameters<typeof deployment>[1], name = "wrong") => ({
        method: "POST" as const,
        path: `${deployments(ns)}?fieldValidation=Strict`,
        body: deployment(name, more),
      });
      const budgets = `/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets`;
      const post = (path: string, body: object) => ({ method: "POST" as const, path, body });
      return tellAll(world, [
        wrong({ spec: { replicas: -1 } }),
        wrong({ spec: { replicas: "two" } }),
        wrong({
          spec: {
            replicaz: 2,
            paused: true,
            template: { metadata: { labels: { app: "wrong" } }, spec: { containers: [{ name: "a", image: "b", imagee: "c" }] } },
          },
        }),
        wrong({ spec: { selector: {} } }),
        wrong({ spec: { selector: { matchLabels: { app: "other" } } } }),
        wrong({ container: { image: "" } }),
        wrong({ container: { resources: { requests: { cpu: "two" } } } }),
        wrong({ container: { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } } }),
        wrong({ container: { ports: [{ containerPort: 99999 }] } }),
        wrong({ container: { volumeMounts: [{ name: "v", mountPath: "/v" }] } }),
        wrong({ metadata: { labels: { "a b": "c d" } } }),
        wrong({ spec: { template: { metadata: { labels: { app: "wrong" } }, spec: { containers: [] } } } }),
        wrong({
          spec: {
            template: {
              metadata: { labels: { app: "wrong" } },
              spec: {
                restartPolicy: "Never",
                containers: [
                  { name: "a", image: "b" },
                  { name: "a", image: "b" },
                ],
              },
            },
          },
        }),
        wrong({}, "Not_A_Name"),
        wrong({}, ""),
        post(budgets, {
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: { name: "b" },
          spec: { minAvailable: 1, maxUnavailable: 1 },
        }),
        post(budgets, { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b" }, spec: { minAvailable: "120%" } }),
        post(budgets, { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "b" }, spec: { maxUnavailable: -1 } }),
        post(budgets, { apiVersion: "policy/v1", kind: "Pod", metadata: { name: "b" } }),
        post(budgets, { apiVersion: "policy/v1beta1", kind: "PodDisruptionBudget", metadata: { name: "b" } }),
        post(budgets, { metadata: { name: "b" } }),
        post(`/apis/batch/v1/namespaces/${ns}/jobs`, {
          apiVersion: "batch/v1",
          kind: "Job",
          metadata: { name: "j" },
          spec: { template: { spec: { containers: [{ name: "a", image: "b" }] } } },
        }),
        post(`/apis/batch/v1/namespaces/${ns}/cronjobs`, {
          apiVersion: "batch/v1",
          kind: "CronJob",
          metadata: { name: "j" },
          spec: {
            schedule: "",
            jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } } } },
          },
        }),
        post(`/apis/autoscaling/v2/namespaces/${ns}/horizontalpodautoscalers`, {
          apiVersion: "autoscaling/v2",
          kind: "HorizontalPodAutoscaler",
          metadata: { name: "h" },
          spec: { scaleTargetRef: { kind: "Deployment", name: "x", apiVersion: "apps/v1" }, minReplicas: 5, maxReplicas: 3 },
        }),
        post(deployments("no-such-namespace"), deployment("web")),
        post(deployments(ns), deployment("web", { metadata: { namespace: "elsewhere" } })),
      ]);
    },
  },
  {
    name: "a running Pod's spec does not change but for its image",
    run: async (world, ns) => {
      const path = `${pods(ns)}/p`;
      const [created, image] = await tellAll(world, [
        { method: "POST", path: pods(ns), body: pod("p") },
        { method: "PATCH", path, contentType: strategic, body: { spec: { containers: [{ name: "app", image: "app:2" }] } } },
      ]);
      const { status, body } = await world.request({
        method: "PATCH",
        path,
        contentType: merge,
        body: { spec: { nodeSelector: { a: "b" } } },
      });
      const { reason, message } = body as { reason: string; message: string };
      // The real message ends with a Go diff of the two specs.
      return [created, image, { status, reason, message: message.split("\n")[0] }];
    },
  },
  {
    name: "generateName draws a name, and dryRun stores nothing",
    run: async (world, ns) => {
      const generated = { ...pod("x"), metadata: { generateName: "generated-" } };
      return tellAll(world, [
        { method: "POST", path: pods(ns), body: generated },
        { method: "POST", path: `${pods(ns)}?dryRun=All`, body: pod("dry") },
        { method: "GET", path: `${pods(ns)}/dry` },
        { method: "POST", path: `${pods(ns)}?dryRun=Some`, body: pod("dry") },
      ]);
    },
  },
];
