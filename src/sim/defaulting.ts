/**
 * Defaulting: an object with the defaults of its kind.
 *
 * Reads an object and its resource. Built-in kinds get what the real server's SetDefaults functions fill in; custom resources get the defaults
 * of their schema, at every depth. Defaulting twice changes nothing.
 */
import { withPodDefaults } from "./defaults/pod-defaults.ts";
import { workloadDefaults } from "./defaults/workload-defaults.ts";
import {
  arrayAt,
  isJsonArray,
  isJsonObject,
  mapAt,
  mapEachAt,
  objectAt,
  stringMapAt,
  valueAt,
  withDefaults,
  withValue,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import { proven } from "./proven.ts";
import { memberSchema, type Schema } from "./schema.ts";
import type { ServedResource } from "./served-resource.ts";

/** Returns an object with its kind's defaults filled. */
export function withObjectDefaults(object: JsonObject, served: ServedResource): JsonObject {
  if (served.custom !== undefined) return withSchemaDefaults(object, served.schema());
  const defaulter = workloadDefaults[served.storage] ?? otherDefaults[served.storage];
  const defaulted = defaulter === undefined ? object : defaulter(object);
  const times = conditionTimes[served.storage];
  return times === undefined ? defaulted : mapEachAt(defaulted, ["status", "conditions"], (condition) => withDefaults(condition, times));
}

/** Times of conditions that are written as null where they are not set, by storage name. */
const conditionTimes: Readonly<Record<string, JsonObject>> = {
  pods: { lastProbeTime: null, lastTransitionTime: null },
  nodes: { lastHeartbeatTime: null, lastTransitionTime: null },
  "deployments.apps": { lastUpdateTime: null, lastTransitionTime: null },
  replicationcontrollers: { lastTransitionTime: null },
  "replicasets.apps": { lastTransitionTime: null },
  "statefulsets.apps": { lastTransitionTime: null },
  "daemonsets.apps": { lastTransitionTime: null },
  "jobs.batch": { lastProbeTime: null, lastTransitionTime: null },
};

const otherDefaults: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  pods: (object) => (object["kind"] === "Pod" ? withPodDefaults(object) : object),
  nodes: (object) => {
    const node = { ...object, spec: objectAt(object, "spec"), status: withDefaults(objectAt(object, "status"), nodeStatusDefaults) };
    const capacity = valueAt(node, "status", "capacity");
    return capacity === undefined ? node : mapAt(node, ["status"], (status) => withDefaults(status, { allocatable: capacity }));
  },
  services: (object) => {
    const base = { ...object, spec: withDefaults(objectAt(object, "spec"), { type: "ClusterIP", sessionAffinity: "None" }) };
    const internal =
      valueAt(base, "spec", "type") === "ExternalName"
        ? base
        : { ...base, spec: withDefaults(base.spec, { internalTrafficPolicy: "Cluster" }) };
    return mapEachAt(internal, ["spec", "ports"], (port) => withDefaults(port, { protocol: "TCP", targetPort: port["port"] ?? 0 }));
  },
  secrets: (object) => {
    const typed = withDefaults(object, { type: "Opaque" });
    const plain = stringMapAt(typed, "stringData");
    if (Object.keys(plain).length === 0) return typed;
    const encoded = Object.fromEntries(Object.entries(plain).map(([name, text]) => [name, Buffer.from(text).toString("base64")]));
    return withValue({ ...typed, data: { ...objectAt(typed, "data"), ...encoded } }, ["stringData"], undefined);
  },
  "poddisruptionbudgets.policy": (object) => withDefaults(object, { spec: {} }),
  events: (object) => withDefaults(object, eventDefaults),
  "priorityclasses.scheduling.k8s.io": (object) => withDefaults(object, { preemptionPolicy: "PreemptLowerPriority", value: 0 }),
  "endpointslices.discovery.k8s.io": (object) => mapEachAt(object, ["ports"], (port) => withDefaults(port, { name: "", protocol: "TCP" })),
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": (object) =>
    mapEachAt(object, ["webhooks"], (hook) => withDefaults(withWebhookDefaults(hook), { reinvocationPolicy: "Never" })),
  "validatingwebhookconfigurations.admissionregistration.k8s.io": (object) => mapEachAt(object, ["webhooks"], withWebhookDefaults),
};

/** What an Event's Go type writes even where it is empty. */
const eventDefaults: JsonObject = {
  eventTime: null,
  firstTimestamp: null,
  lastTimestamp: null,
  involvedObject: {},
  reportingComponent: "",
  reportingInstance: "",
  source: {},
};

const nodeStatusDefaults: JsonObject = {
  daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  nodeInfo: {
    architecture: "",
    bootID: "",
    containerRuntimeVersion: "",
    kernelVersion: "",
    kubeProxyVersion: "",
    kubeletVersion: "",
    machineID: "",
    operatingSystem: "",
    osImage: "",
    systemUUID: "",
  },
};

function withWebhookDefaults(hook: JsonObject): JsonObject {
  const base = withDefaults(hook, {
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });
  const ported = mapAt(base, ["clientConfig", "service"], (service) => withDefaults(service, { port: 443 }));
  return mapEachAt(ported, ["rules"], (rule) => withDefaults(rule, { scope: "*" }));
}

/** Stored parts that lack no default. */
const whole = proven();

/** Fills the defaults of a custom resource's schema; a null that is not allowed counts as missing. */
function withSchemaDefaults(object: JsonObject, schema: Schema): JsonObject {
  if (whole.has(object, schema)) return object;
  const filled: Record<string, JsonValue> = { ...object };
  let isSame = true;
  for (const [name, member] of schema.properties ?? []) {
    const isMissing = filled[name] === undefined || (filled[name] === null && !member.nullable);
    if (!isMissing || member.default === undefined) continue;
    filled[name] = member.default;
    isSame = false;
  }
  for (const [name, value] of Object.entries(filled)) {
    const member = memberSchema(schema, name);
    if (member === undefined || member.reference !== undefined) continue;
    const part = withPartDefaults(value, member);
    isSame = isSame && part === value;
    filled[name] = part;
  }
  if (!isSame) return filled;
  whole.add(object, schema);
  return object;
}

function withPartDefaults(value: JsonValue, schema: Schema): JsonValue {
  if (isJsonObject(value)) return withSchemaDefaults(value, schema);
  const { items } = schema;
  if (!isJsonArray(value) || items === undefined) return value;
  const filled = value.map((item) => withPartDefaults(item, items));
  return filled.every((item, index) => item === value[index]) ? value : filled;
}

/** Returns a Service with the addresses that the server allocates; `draw` gives a number below its argument. */
export function withServiceAddresses(object: JsonObject, draw: (below: number) => number): JsonObject {
  const type = valueAt(object, "spec", "type");
  if (type === "ExternalName") return object;
  const clusterIP = valueAt(object, "spec", "clusterIP") ?? `10.96.${draw(256)}.${1 + draw(254)}`;
  const listed = arrayAt(object, "spec", "clusterIPs");
  return mapAt(object, ["spec"], (spec) =>
    withDefaults(spec, {
      clusterIP,
      clusterIPs: listed.length > 0 ? listed : [clusterIP],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    }),
  );
}
