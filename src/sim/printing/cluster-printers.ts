/**
 * Rows of what a cluster is made of: nodes, namespaces, services, events, leases, configuration.
 *
 * Reads an object. Returns the cells of `kubectl get`, with the real printers' columns and words.
 */
import type { Instant } from "../../api/ports.ts";
import { arrayAt, numberAt, objectAt, stringAt, stringMapAt, stringsAt, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { ageOf } from "./human-duration.ts";
import { columns, nameOf, objectAge, type Printer } from "./printer.ts";
import { formatLabels } from "./workload-printers.ts";

const node: Printer = {
  columns: columns(
    "Name",
    "Status",
    "Roles",
    "Age",
    "Version",
    "Internal-IP*",
    "External-IP*",
    "OS-Image*",
    "Kernel-Version*",
    "Container-Runtime*",
  ),
  cells: (object, now) => {
    const info = stringMapAt(object, "status", "nodeInfo");
    const architecture = info["architecture"] ?? "";
    return [
      nameOf(object),
      nodeStatus(object),
      nodeRoles(object),
      objectAge(object, now),
      info["kubeletVersion"] ?? "",
      nodeAddress(object, "InternalIP"),
      nodeAddress(object, "ExternalIP"),
      orUnknown(info["osImage"]),
      orUnknown(info["kernelVersion"]) + (architecture === "" ? "" : ` (${architecture})`),
      orUnknown(info["containerRuntimeVersion"]),
    ];
  },
};

function orUnknown(text: string | undefined): string {
  return text === undefined || text === "" ? "<unknown>" : text;
}

function nodeStatus(object: JsonObject): string {
  const ready = arrayAt(object, "status", "conditions").find((condition) => stringAt(condition, "type") === "Ready");
  const readyWord = stringAt(ready, "status") === "True" ? "Ready" : "NotReady";
  const word = ready === undefined ? "Unknown" : readyWord;
  return valueAt(object, "spec", "unschedulable") === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = "node-role.kubernetes.io/";

function nodeRoles(object: JsonObject): string {
  const labels = Object.entries(stringMapAt(object, "metadata", "labels"));
  const roles = labels.flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) return [key.slice(rolePrefix.length)];
    return key === "kubernetes.io/role" && value !== "" ? [value] : [];
  });
  return roles.length === 0 ? "<none>" : [...new Set(roles)].sort().join(",");
}

function nodeAddress(object: JsonObject, type: string): string {
  const found = arrayAt(object, "status", "addresses").find((address) => stringAt(address, "type") === type);
  return stringAt(found, "address") ?? "<none>";
}

const namespace: Printer = {
  columns: columns("Name", "Status", "Age"),
  cells: (object, now) => [nameOf(object), stringAt(object, "status", "phase") ?? "", objectAge(object, now)],
};

const service: Printer = {
  columns: columns("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector*"),
  cells: (object, now) => [
    nameOf(object),
    stringAt(object, "spec", "type") ?? "",
    stringsAt(object, "spec", "clusterIPs")[0] ?? stringAt(object, "spec", "clusterIP") ?? "<none>",
    externalAddress(object),
    servicePorts(object),
    objectAge(object, now),
    formatLabels(objectAt(object, "spec", "selector")),
  ],
};

function externalAddress(object: JsonObject): string {
  const external = stringsAt(object, "spec", "externalIPs").join(",");
  switch (stringAt(object, "spec", "type")) {
    case "ExternalName":
      return stringAt(object, "spec", "externalName") ?? "";
    case "LoadBalancer":
      return external === "" ? "<pending>" : external;
    default:
      return external === "" ? "<none>" : external;
  }
}

function servicePorts(object: JsonObject): string {
  const ports = arrayAt(object, "spec", "ports").map((port) => {
    const nodePort = numberAt(port, "nodePort") ?? 0;
    return `${numberAt(port, "port") ?? 0}${nodePort > 0 ? `:${nodePort}` : ""}/${stringAt(port, "protocol") ?? "TCP"}`;
  });
  return ports.length === 0 ? "<none>" : ports.join(",");
}

const event: Printer = {
  columns: columns("Last Seen", "Type", "Reason", "Object", "Subobject*", "Source*", "Message", "First Seen*", "Count*", "Name*").map(
    (column) => (column.name === "Name" ? { ...column, priority: 1 } : column),
  ),
  cells: (object, now) => {
    const first = eventAge(stringAt(object, "firstTimestamp") ?? stringAt(object, "eventTime"), now);
    const seriesTime = stringAt(object, "series", "lastObservedTime");
    const last = stringAt(object, "lastTimestamp");
    const kind = (stringAt(object, "involvedObject", "kind") ?? "").toLowerCase();
    const name = stringAt(object, "involvedObject", "name") ?? "";
    return [
      seriesTime === undefined ? (last === undefined ? first : eventAge(last, now)) : eventAge(seriesTime, now),
      stringAt(object, "type") ?? "",
      stringAt(object, "reason") ?? "",
      name === "" ? kind : `${kind}/${name}`,
      stringAt(object, "involvedObject", "fieldPath") ?? "",
      eventSource(object),
      (stringAt(object, "message") ?? "").trim(),
      first,
      numberAt(object, "series", "count") ?? numberAt(object, "count") ?? 1,
      nameOf(object),
    ];
  },
};

function eventAge(time: string | undefined, now: Instant): string {
  return ageOf(time, now);
}

function eventSource(object: JsonObject): string {
  const component = stringAt(object, "source", "component") ?? stringAt(object, "reportingComponent") ?? "";
  const host = stringAt(object, "source", "host") ?? stringAt(object, "reportingInstance") ?? "";
  return host === "" ? component : `${component}, ${host}`;
}

function listed(values: readonly string[], total: number): string {
  if (values.length === 0) return "<none>";
  return total > 3 ? `${values.slice(0, 3).join(",")} + ${total - 3} more...` : values.join(",");
}

const endpointSlice: Printer = {
  columns: columns("Name", "AddressType", "Ports", "Endpoints", "Age"),
  cells: (object, now) => {
    const ports = arrayAt(object, "ports").map((port) => String(numberAt(port, "port") ?? stringAt(port, "name") ?? "*"));
    const addresses = arrayAt(object, "endpoints").flatMap((endpoint) => stringsAt(endpoint, "addresses"));
    const type = stringAt(object, "addressType") ?? "";
    return [
      nameOf(object),
      type,
      ports.length === 0 ? "<unset>" : listed(ports, ports.length),
      addresses.length === 0 ? "<unset>" : listed(addresses, addresses.length),
      objectAge(object, now),
    ];
  },
};

const endpoints: Printer = {
  columns: columns("Name", "Endpoints", "Age"),
  cells: (object, now) => {
    const all = arrayAt(object, "subsets").flatMap((subset) =>
      arrayAt(subset, "addresses").flatMap((address) => {
        const ports = arrayAt(subset, "ports").map((port) => `${stringAt(address, "ip") ?? ""}:${numberAt(port, "port") ?? 0}`);
        return ports.length === 0 ? [stringAt(address, "ip") ?? ""] : ports;
      }),
    );
    return [nameOf(object), listed(all, all.length), objectAge(object, now)];
  },
};

function dataCount(object: JsonObject, ...members: readonly string[]): number {
  return members.reduce((sum, member) => sum + Object.keys(objectAt(object, member)).length, 0);
}

const secret: Printer = {
  columns: columns("Name", "Type", "Data", "Age"),
  cells: (object, now) => [nameOf(object), stringAt(object, "type") ?? "", dataCount(object, "data"), objectAge(object, now)],
};

const configMap: Printer = {
  columns: columns("Name", "Data", "Age"),
  cells: (object, now) => [nameOf(object), dataCount(object, "data", "binaryData"), objectAge(object, now)],
};

const lease: Printer = {
  columns: columns("Name", "Holder", "Age"),
  cells: (object, now) => [nameOf(object), stringAt(object, "spec", "holderIdentity") ?? "", objectAge(object, now)],
};

const priorityClass: Printer = {
  columns: columns("Name", "Value:integer", "Global-Default:boolean", "Age", "PreemptionPolicy"),
  cells: (object, now): readonly JsonValue[] => [
    nameOf(object),
    numberAt(object, "value") ?? 0,
    valueAt(object, "globalDefault") === true,
    objectAge(object, now),
    stringAt(object, "preemptionPolicy") ?? "",
  ],
};

const webhooks: Printer = {
  columns: columns("Name", "Webhooks:integer", "Age"),
  cells: (object, now) => [nameOf(object), arrayAt(object, "webhooks").length, objectAge(object, now)],
};

const definition: Printer = {
  columns: columns("Name", "Created At:date"),
  cells: (object) => [nameOf(object), stringAt(object, "metadata", "creationTimestamp") ?? ""],
};

/** Printers by storage name. */
export const clusterPrinters: Readonly<Record<string, Printer>> = {
  nodes: node,
  namespaces: namespace,
  services: service,
  events: event,
  endpoints,
  secrets: secret,
  configmaps: configMap,
  serviceaccounts: { columns: columns("Name", "Age"), cells: (object, now) => [nameOf(object), objectAge(object, now)] },
  "endpointslices.discovery.k8s.io": endpointSlice,
  "leases.coordination.k8s.io": lease,
  "priorityclasses.scheduling.k8s.io": priorityClass,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": webhooks,
  "validatingwebhookconfigurations.admissionregistration.k8s.io": webhooks,
  "customresourcedefinitions.apiextensions.k8s.io": definition,
};
