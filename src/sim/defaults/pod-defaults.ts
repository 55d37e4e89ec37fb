/**
 * Defaults of Pods and of Pod templates.
 *
 * Reads a Pod spec. Returns it with what the real server's SetDefaults functions fill in. A few apply to Pods only and not to templates:
 * requests from limits, service links, host ports.
 */
import {
  arrayAt,
  isJsonObject,
  mapAt,
  mapEachAt,
  objectAt,
  stringAt,
  stringMapAt,
  valueAt,
  withDefaults,
  type JsonObject,
  type JsonValue,
} from "../json.ts";

/** Returns a Pod spec with its defaults, as it stands in a template. */
export function withPodSpecDefaults(spec: JsonObject): JsonObject {
  const account = stringAt(spec, "serviceAccountName");
  const base = withDefaults(spec, {
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: "default-scheduler",
    ...(account === undefined ? {} : { serviceAccount: account }),
  });
  return ["containers", "initContainers", "ephemeralContainers"].reduce(
    (at, list) => mapEachAt(at, [list], withContainerDefaults),
    mapEachAt(base, ["volumes"], withVolumeDefaults),
  );
}

/** Returns a Pod with the defaults that templates do not get, on top of the spec's. */
export function withPodDefaults(pod: JsonObject): JsonObject {
  return mapAt({ ...pod, spec: objectAt(pod, "spec") }, ["spec"], (sent) => {
    const spec = withDefaults(withPodSpecDefaults(sent), { enableServiceLinks: true });
    const usesHost = spec["hostNetwork"] === true;
    return ["containers", "initContainers"].reduce((at, list) => mapEachAt(at, [list], (item) => onPod(item, usesHost)), spec);
  });
}

function onPod(container: JsonObject, usesHostNetwork: boolean): JsonObject {
  const requested = mapAt(container, ["resources"], (resources) => {
    const limits = stringMapAt(resources, "limits");
    if (Object.keys(limits).length === 0) return resources;
    return { ...resources, requests: { ...limits, ...objectAt(resources, "requests") } };
  });
  if (!usesHostNetwork) return requested;
  return mapEachAt(requested, ["ports"], (port) => withDefaults(port, { hostPort: port["containerPort"] ?? 0 }));
}

function withContainerDefaults(container: JsonObject): JsonObject {
  const base = withDefaults(container, {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: pullPolicy(stringAt(container, "image") ?? ""),
    resources: {},
  });
  const ported = mapEachAt(base, ["ports"], (port) => withDefaults(port, { protocol: "TCP" }));
  const probed = ["livenessProbe", "readinessProbe", "startupProbe"].reduce((at, name) => mapAt(at, [name], withProbeDefaults), ported);
  const hooked = ["preStop", "postStart"].reduce((at, name) => mapAt(at, ["lifecycle", name], withHttpDefaults), probed);
  return mapEachAt(hooked, ["env"], (variable) => mapAt(variable, ["valueFrom", "fieldRef"], withFieldRefDefaults));
}

/** A tag other than latest, or a digest, need not be pulled each time. */
function pullPolicy(image: string): string {
  const lastPart = image.split("/").at(-1) ?? "";
  if (lastPart.includes("@")) return "IfNotPresent";
  const tag = lastPart.split(":")[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function withProbeDefaults(probe: JsonObject): JsonObject {
  const timed = withDefaults(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  return mapAt(withHttpDefaults(timed), ["grpc"], (grpc) => withDefaults(grpc, { service: "" }));
}

function withHttpDefaults(handler: JsonObject): JsonObject {
  return mapAt(handler, ["httpGet"], (httpGet) => withDefaults(httpGet, { path: "/", scheme: "HTTP" }));
}

function withFieldRefDefaults(reference: JsonObject): JsonObject {
  return withDefaults(reference, { apiVersion: "v1" });
}

const fileMode = 0o644;

function withVolumeDefaults(volume: JsonObject): JsonObject {
  const sourced = Object.keys(volume).some((name) => name !== "name") ? volume : { ...volume, emptyDir: {} };
  const moded = ["secret", "configMap", "downwardAPI", "projected"].reduce(
    (at, source) => mapAt(at, [source], (part) => withDefaults(part, { defaultMode: fileMode })),
    sourced,
  );
  const downward = mapEachAt(moded, ["downwardAPI", "items"], (item) => mapAt(item, ["fieldRef"], withFieldRefDefaults));
  const projected = mapEachAt(downward, ["projected", "sources"], withProjectionDefaults);
  return mapAt(projected, ["hostPath"], (hostPath) => withDefaults(hostPath, { type: "" }));
}

function withProjectionDefaults(source: JsonObject): JsonObject {
  const token = mapAt(source, ["serviceAccountToken"], (part) => withDefaults(part, { expirationSeconds: 3600 }));
  return mapEachAt(token, ["downwardAPI", "items"], (item) => mapAt(item, ["fieldRef"], withFieldRefDefaults));
}

/** Returns an object with a Pod template whose defaults are filled; the template's metadata is always there. */
export function withTemplateDefaults(object: JsonObject, path: readonly string[]): JsonObject {
  return mapAt(object, path, (template) => {
    const spec = valueAt(template, "spec");
    return { ...template, metadata: objectAt(template, "metadata"), ...(isJsonObject(spec) ? { spec: withPodSpecDefaults(spec) } : {}) };
  });
}

/** Returns the volume claim templates of a StatefulSet with their defaults. */
export function withClaimTemplateDefaults(claims: readonly JsonValue[]): readonly JsonValue[] {
  return claims.map((claim) => ({
    ...objectAt(claim),
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    spec: withDefaults(objectAt(claim, "spec"), { volumeMode: "Filesystem" }),
    status: { phase: "Pending", ...(arrayAt(claim, "status", "accessModes").length > 0 ? objectAt(claim, "status") : {}) },
  }));
}
