// The objects that contract cases write.

export function pod(
  name: string,
  more: { readonly labels?: Record<string, string>; readonly spec?: object; readonly metadata?: object } = {},
): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: more.labels ?? { app: "web" }, ...more.metadata },
    // Without the token volume, whose name is drawn, and which the embedded world leaves out.
    spec: { automountServiceAccountToken: false, containers: [{ name: "app", image: "app:1" }], ...more.spec },
  };
}

export function deployment(
  name: string,
  more: { readonly spec?: object; readonly metadata?: object; readonly container?: object } = {},
): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: { app: name }, ...more.metadata },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: "app",
              image: "app:1",
              resources: { requests: { cpu: "500m", memory: "1Gi" } },
              ports: [{ containerPort: 80 }],
              ...more.container,
            },
          ],
        },
      },
      ...more.spec,
    },
  };
}

export function budget(name: string, spec: object): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { selector: { matchLabels: { app: "web" } }, ...spec },
  };
}

/** A CRD with defaults, bounds, unknown fields kept in one place, and both subresources. */
export function widgetDefinition(group: string): object {
  const item = { type: "object", required: ["key"], properties: { key: { type: "string" }, value: { type: "string", default: "v" } } };
  const spec = {
    type: "object",
    required: ["size"],
    properties: {
      size: { type: "integer", minimum: 1, maximum: 10 },
      color: { type: "string", default: "red", enum: ["red", "blue"] },
      name: { type: "string", pattern: "^[a-z]+$", maxLength: 5 },
      replicas: { type: "integer", default: 1 },
      port: { "x-kubernetes-int-or-string": true },
      free: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { known: { type: "string" } } },
      items: { type: "array", maxItems: 3, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"], items: item },
    },
  };
  const condition = { type: "object", properties: { type: { type: "string" }, status: { type: "string" } } };
  const status = {
    type: "object",
    properties: { replicas: { type: "integer" }, selector: { type: "string" }, conditions: { type: "array", items: condition } },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wd"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", labelSelectorPath: ".status.selector" },
          },
          additionalPrinterColumns: [
            { name: "Size", type: "integer", jsonPath: ".spec.size" },
            { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: "Color", type: "string", priority: 1, jsonPath: ".spec.color" },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: { openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec, status } } },
        },
      ],
    },
  };
}

export function widget(group: string, name: string, spec: object): object {
  return { apiVersion: `${group}/v1`, kind: "Widget", metadata: { name }, spec };
}
