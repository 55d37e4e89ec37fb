/**
 * REQ-001, -002, -006: what containers request, and how far above it they may go.
 *
 * Reads each Pod as it will be compiled, so that what a profile fills in is not missed. Nodes are bought and Pods are packed
 * by requests alone: one that is missing, or far below real use, is paid for by the neighbours.
 */
import type { QuantityText } from "../../api/object.ts";
import type { Container } from "../../api/pod.ts";
import { isSidecar } from "../../kube/pod-requests.ts";
import { cpuMillis, formatBytes, formatCpu, wholeUnits } from "../../kube/quantity.ts";
import { containerPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import { mainContainerOf } from "../profile/main-container.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deploymentOf = (containers: string): string => deploymentManifest({ pod: `containers: [${containers}]` });

const webProfile = profileManifest({
  spec: "runtimeClass: general, scaling: {maxReplicas: 9}, compute: {cpuRequest: 500m, memoryRequest: 256Mi}",
});

const sized = "resources: {requests: {cpu: 100m, memory: 128Mi}}";

export const req001: Rule = {
  id: "REQ-001",
  summary: "A container without requests is invisible to the scheduler and to node sizing.",
  defaultAction: "deny",
  examples: { admitted: deploymentOf(`{name: app, ${sized}}`), denied: deploymentOf("{name: app}") },
  subjects: ["workload", "profile"],
  judge: (facts) =>
    facts.views.flatMap((view) => {
      // DS-001 speaks for DaemonSets; and without its class nobody can tell what would be filled in (WP-001, BIND-002).
      if (view.workload.kind === "DaemonSet" || view.workloadClass === undefined) return [];
      return runningContainers(view)
        .filter((container) => requestOf(container, "cpu") === undefined || requestOf(container, "memory") === undefined)
        .flatMap((container) => missingRequests(facts, view, container));
    }),
};

export const req002: Rule = {
  id: "REQ-002",
  summary: "A container that may use many times what it requests: its node was sized for the request.",
  why: "CPU that is short makes containers slower, so a large CPU limit is only recorded. Memory that is short ends them, so a large memory limit warns, and a very large one is refused.",
  defaultAction: "deny",
  params: {
    cpu: {
      kind: "number",
      default: 10,
      min: 1,
      meaning: "CPU limit, as a multiple of the request, above which it is recorded, where the class sets none",
    },
    memory: {
      kind: "number",
      default: 2,
      min: 1,
      meaning: "memory limit, as a multiple of the request, above which it warns, where the class sets none",
    },
    memoryDeny: {
      kind: "number",
      default: 8,
      min: 1,
      meaning: "memory limit, as a multiple of the request, above which the rule's own action holds",
    },
  },
  examples: {
    admitted: deploymentOf('{name: app, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: "4", memory: 2Gi}}}'),
    denied: deploymentOf('{name: app, resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {cpu: "4", memory: 8Gi}}}'),
  },
  subjects: ["workload", "profile", "pod-change"],
  judge: (facts, params) =>
    facts.views.flatMap((view) => {
      const caps = capsOf(view, params);
      return runningContainers(view).flatMap((container) => overCaps(facts, view, { container, caps }));
    }),
};

export const req006: Rule = {
  id: "REQ-006",
  summary: "A profile that sizes one container of several, and cannot tell which.",
  defaultAction: "deny",
  examples: {
    admitted: `${webProfile}---${deploymentOf(`{name: web, ${sized}}, {name: mesh, ${sized}}`)}`,
    denied: `${webProfile}---${deploymentOf(`{name: app, ${sized}}, {name: mesh, ${sized}}`)}`,
  },
  subjects: ["workload", "profile"],
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      if (!isMainUnknown(view)) return [];
      const { containers } = view.workload.template.spec;
      return [
        {
          path: pathIn(facts, { profile: "/spec/compute" }),
          message: `${aboutWorkload(facts, view)}profile sizes one container but the pod has ${containers.length} and none is marked default`,
          fix: "set annotation kubectl.kubernetes.io/default-container or compute.containers",
          ...classOf(view),
        },
      ];
    }),
};

/** Is true where a profile sizes one container, and nothing says which. */
function isMainUnknown({ binding, contract, workload }: WorkloadView): boolean {
  if (binding.kind !== "bound" || contract?.pod.mainSizing === undefined) return false;
  if (mainContainerOf({ pod: workload.template, workloadName: workload.name }) !== undefined) return false;
  const named = binding.profile.spec.compute?.containers ?? {};
  return !workload.template.spec.containers.every(({ name }) => Object.hasOwn(named, name));
}

/** The containers that run for as long as the Pod does; init containers that end are covered by their maximum. */
function runningContainers({ pod }: WorkloadView): readonly Container[] {
  const { containers, initContainers } = pod.spec;
  return initContainers == null || initContainers.length === 0 ? containers : [...containers, ...initContainers.filter(isSidecar)];
}

/** A limit stands in for a request that is absent, as the API server has it. */
function requestOf({ resources }: Container, resource: "cpu" | "memory"): QuantityText | undefined {
  return resources?.requests?.[resource] ?? resources?.limits?.[resource];
}

function missingRequests(facts: Facts, view: WorkloadView, container: Container): readonly Problem[] {
  const ofPod = view.pod.spec.resources?.requests ?? view.pod.spec.resources?.limits ?? {};
  const missing = (["cpu", "memory"] as const).filter(
    (resource) => requestOf(container, resource) === undefined && ofPod[resource] === undefined,
  );
  if (missing.length === 0) return [];
  return [
    {
      path: containerPath(facts, view, { container: container.name, field: "resources" }),
      message: `${aboutWorkload(facts, view)}container "${container.name}" has no ${missing.join("/")} request and no profile sets one`,
      // A profile that is there needs to be told where, not to be added.
      fix: isMainUnknown(view)
        ? "add requests, or mark it as the default container for its profile to size"
        : "add a WorkloadProfile or requests",
      ...classOf(view),
    },
  ];
}

interface Caps {
  readonly cpu: number;
  readonly memory: number;
  /** What is above it has the rule's own action. */
  readonly memoryDeny: number;
}

function capsOf({ workloadClass }: WorkloadView, params: RuleParams): Caps {
  const memory = workloadClass?.limits.maxMemoryRatio ?? Number(params["memory"]);
  return {
    cpu: workloadClass?.limits.maxCpuRatio ?? Number(params["cpu"]),
    memory,
    memoryDeny: Math.max(memory, Number(params["memoryDeny"])),
  };
}

interface Excess {
  readonly resource: "cpu" | "memory";
  readonly ratio: number;
  readonly cap: number;
}

function excessesOf(container: Container, caps: Caps): readonly Excess[] {
  return (["cpu", "memory"] as const).flatMap((resource) => {
    const ratio = ratioOf(container, resource);
    return ratio !== undefined && ratio > caps[resource] ? [{ resource, ratio, cap: caps[resource] }] : [];
  });
}

function overCaps(facts: Facts, view: WorkloadView, of: { readonly container: Container; readonly caps: Caps }): readonly Problem[] {
  const { container, caps } = of;
  const over = excessesOf(container, caps);
  if (over.length === 0) return [];
  const uses = over.map(({ resource, ratio }) => `${rounded(ratio)}x its ${resource} request`).join(" and ");
  const capText = `${over.length > 1 ? "caps" : "cap"} ${over.map(({ cap }) => `${cap}x`).join(", ")}`;
  const { requests = {}, limits = {} } = container.resources ?? {};
  const amounts = (list: typeof requests): string => over.map(({ resource }) => list[resource] ?? "").join("/");
  return [
    {
      path: containerPath(facts, view, { container: container.name, field: "resources/limits" }),
      message: `${aboutWorkload(facts, view)}container "${container.name}" may use ${uses} (${capText}): requests ${amounts(requests)}, limits ${amounts(limits)}`,
      fix: over.map((excess) => withinCap(container, excess)).join("; "),
      ...weakerAction(over, caps),
      ...classOf(view),
    },
  ];
}

/** CPU alone never refuses: a container that lacks CPU is slower, and goes on. */
function weakerAction(over: readonly Excess[], { memoryDeny }: Caps): Pick<Problem, "action"> {
  const memory = over.find(({ resource }) => resource === "memory");
  if (memory === undefined) return { action: "audit" };
  return memory.ratio > memoryDeny ? {} : { action: "warn" };
}

const bytesOfMi = 1024 * 1024;

/** The smallest request, and the largest limit, with which the other may stay as it is. */
function withinCap({ resources }: Container, { resource, cap }: Excess): string {
  const isCpu = resource === "cpu";
  const units = (text: QuantityText = 0): number => {
    const amount = isCpu ? cpuMillis(text) : wholeUnits(text);
    return amount.ok ? amount.value : 0;
  };
  const [request, limit] = [units(resources?.requests?.[resource]), units(resources?.limits?.[resource])];
  const format = isCpu ? formatCpu : formatBytes;
  const least = limit / cap;
  const most = request * cap;
  // Whole mebibytes read well; amounts below one are given to the byte.
  const step = isCpu || Math.min(least, most) < bytesOfMi ? 1 : bytesOfMi;
  const up = Math.ceil(least / step) * step;
  const down = Math.floor(most / step) * step;
  return `${resource}: request ${format(up)} or limit ${format(down)}`;
}

/** Limit by request; undefined where either is not written, or the request is 0 (REQ-001 is about absent ones). */
function ratioOf({ resources }: Container, resource: "cpu" | "memory"): number | undefined {
  const request = resources?.requests?.[resource];
  const limit = resources?.limits?.[resource];
  if (request === undefined || limit === undefined) return undefined;
  const requested = resource === "cpu" ? cpuMillis(request) : wholeUnits(request);
  const limited = resource === "cpu" ? cpuMillis(limit) : wholeUnits(limit);
  return requested.ok && limited.ok && requested.value > 0 ? limited.value / requested.value : undefined;
}

/** One decimal, rounded up, so that a ratio just above its cap never reads as the cap. */
function rounded(ratio: number): string {
  return String(Math.ceil(ratio * 10 - 1e-9) / 10);
}
