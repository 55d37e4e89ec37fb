/**
 * BUF-001 to BUF-003: room that CapacityBuffers keep, which is bought like Pods and which no Pod has to ask for.
 *
 * Reads the buffers of a namespace, their templates and its ResourceQuotas. A buffer costs what its chunks ask for, and a quota counts
 * Pods that stand: a namespace without one has this bound alone. The provisioner holds it as well (buffer-bound.ts).
 */
import type { CapacityBuffer } from "../../api/capacity-buffer.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { quotaRoom } from "../../kube/quota-room.ts";
import {
  beyondText,
  boundOf,
  bufferBoundRule,
  chunkAmounts,
  isBeyondBound,
  sumAmounts,
  timesAmounts,
  type BufferAmounts,
} from "../buffer-bound.ts";
import { bufferSource, chunksWanted, isOurBuffer } from "../buffer-source.ts";
import { countText } from "../count-words.ts";
import type { Facts } from "../facts.ts";
import { isObjectOf, overlaySnapshot } from "../overlay-snapshot.ts";
import { admittedPod } from "../workload-view.ts";
import type { Problem, Rule } from "./rule.ts";

const templateManifest = `
apiVersion: v1
kind: PodTemplate
metadata: {name: chunk, namespace: shop}
template:
  metadata: {labels: {app: web}}
  spec:
    containers: [{name: app, image: "registry.example.com/web:1", resources: {requests: {cpu: "4", memory: 8Gi}}}]
`;

const bufferOf = (spec: string): string => `
apiVersion: autoscaling.x-k8s.io/v1beta1
kind: CapacityBuffer
metadata: {name: spare, namespace: shop}
spec: {${spec}}
`;

const quotaOf = (cpu: string): string => `
apiVersion: v1
kind: ResourceQuota
metadata: {name: team, namespace: shop}
spec: {hard: {requests.cpu: "${cpu}"}}
`;

/** Most buffers of one namespace that are counted. */
const buffersMax = 500;

export const buf001: Rule = {
  id: bufferBoundRule,
  summary: "CapacityBuffers of one namespace that together keep more room than one namespace may.",
  defaultAction: "deny",
  why: "A buffer buys nodes for Pods that do not exist, and a ResourceQuota counts only Pods that do. The provisioner holds the same bound when it buys.",
  subjects: ["buffer"],
  params: {
    chunks: { kind: "number", default: 100, min: 0, meaning: "most chunks that the buffers of one namespace keep together" },
    cpu: { kind: "number", default: 64, min: 0, meaning: "most vCPU that they keep together" },
    memoryGib: { kind: "number", default: 512, min: 0, meaning: "most GiB of memory that they keep together" },
    devices: { kind: "number", default: 0, min: 0, meaning: "most GPUs and other extended resources that they keep together" },
  },
  examples: {
    admitted: `${templateManifest}---${bufferOf("podTemplateRef: {name: chunk}, replicas: 4")}`,
    denied: `${templateManifest}---${bufferOf("podTemplateRef: {name: chunk}, replicas: 48")}`,
  },
  judge(facts, params) {
    const bound = boundOf(params);
    const all = countedBuffers(facts);
    if (all.length > buffersMax) {
      const message = `namespace "${facts.request.namespace}" has ${all.length} CapacityBuffers, more than the ${buffersMax} that Plimsoll counts`;
      return [{ path: "", message, fix: "keep the room with fewer buffers" }];
    }
    const over = beyondText(sumAmounts(all.map((buffer) => amountsOf(buffer, facts, facts.snapshot))), bound);
    if (over === undefined || !judgedBuffers(facts).some((buffer) => all.includes(buffer))) return [];
    return [
      {
        path: pathOf(facts, ["replicas", "percentage", "limits"]),
        message: `the CapacityBuffers of namespace "${facts.request.namespace}" together keep more than one namespace may: ${over}`,
        fix: "lower replicas, percentage or limits of one of them, or ask the platform team to raise rules.BUF-001.params of policies.yaml",
        // What was too much before is told, and never holds up what does not add to it.
        ...(isGrown(facts) ? {} : { action: "warn" as const }),
      },
    ];
  },
};

export const buf002: Rule = {
  id: "BUF-002",
  summary: "A CapacityBuffer that asks for more than the ResourceQuotas of its namespace let in: the rest is never kept.",
  defaultAction: "warn",
  subjects: ["buffer"],
  examples: {
    admitted: `${quotaOf("20")}---${templateManifest}---${bufferOf("podTemplateRef: {name: chunk}, replicas: 4")}`,
    denied: `${quotaOf("10")}---${templateManifest}---${bufferOf("podTemplateRef: {name: chunk}, replicas: 4")}`,
  },
  judge: (facts) =>
    judgedBuffers(facts).flatMap((buffer): readonly Problem[] => {
      const wish = wishOf(buffer, facts, facts.snapshot);
      if (wish === undefined || wish.replicas === 0) return [];
      const pod = { ...wish.pod, metadata: { ...wish.pod.metadata, namespace: facts.request.namespace } };
      const { refusal } = quotaRoom(facts.snapshot, facts.now).take(pod, wish.replicas);
      if (refusal === undefined) return [];
      return [
        {
          path: pathOf(facts, ["replicas", "percentage", "limits"]),
          message: `${aboutBuffer(facts, buffer)}${countText(wish.replicas, "chunk")} asked for, but ${refusal}`,
          fix: "ask for fewer, or for a larger quota",
        },
      ];
    }),
};

export const buf003: Rule = {
  id: "BUF-003",
  summary: "A CapacityBuffer whose template can't be found or read: it keeps no room.",
  defaultAction: "warn",
  subjects: ["buffer"],
  examples: {
    admitted: `${templateManifest}---${bufferOf("podTemplateRef: {name: chunk}, replicas: 1")}`,
    denied: bufferOf("podTemplateRef: {name: chunk}, replicas: 1"),
  },
  judge(facts) {
    return judgedBuffers(facts).flatMap((buffer): readonly Problem[] => {
      const source = bufferSource(buffer, facts.snapshot);
      if (source.ok || (source.error.reason === "PodTemplateNotFound" && !facts.snapshot.knows("PodTemplate"))) return [];
      return [
        {
          path: pathOf(facts, ["podTemplateRef", "scalableRef"]),
          message: `${aboutBuffer(facts, buffer)}${source.error.message}`,
          fix: "create it first, or name one that exists",
        },
      ];
    });
  },
};

/** The buffers that the request is about, as far as nodes are bought for them. */
function judgedBuffers({ subject }: Facts): readonly CapacityBuffer[] {
  return subject.kind === "buffer" ? subject.buffers.filter(isOurBuffer) : [];
}

function countedBuffers(facts: Facts): readonly CapacityBuffer[] {
  const buffers = facts.snapshot.list("CapacityBuffer", facts.request.namespace).filter(isOurBuffer);
  return facts.policySet.exemptions.length === 0 ? buffers : buffers.filter((buffer) => !isBeyondBound(buffer, facts));
}

type Templates = Pick<ClusterSnapshot, "get">;

function wishOf(buffer: CapacityBuffer, facts: Facts, templates: Templates): { readonly pod: Pod; readonly replicas: number } | undefined {
  const source = bufferSource(buffer, templates);
  if (!source.ok) return undefined;
  const pod = admittedPod(source.value.workload, facts);
  return { pod, replicas: chunksWanted(buffer, { pod, scale: source.value.scale }) };
}

/** Without its template nobody knows how large a chunk is. */
function amountsOf(buffer: CapacityBuffer, facts: Facts, templates: Templates): BufferAmounts {
  const wish = wishOf(buffer, facts, templates);
  if (wish !== undefined) return timesAmounts(chunkAmounts(wish.pod), wish.replicas);
  return { chunks: buffer.spec.replicas ?? 0, cpu: 0, memoryGib: 0, devices: 0 };
}

/** Says whether the request makes its buffers ask for more of anything than they did. */
function isGrown(facts: Facts): boolean {
  const { request, names } = facts;
  const { oldObject } = request;
  if (request.operation !== "UPDATE" || oldObject === undefined) return true;
  const now = sumAmounts(judgedBuffers(facts).map((buffer) => amountsOf(buffer, facts, facts.snapshot)));
  const earlier = isObjectOf("CapacityBuffer", oldObject, names.domain)
    ? [oldObject].filter(isOurBuffer).map((buffer) => amountsOf(buffer, facts, facts.snapshot))
    : judgedBuffers(facts).map((buffer) =>
        amountsOf(buffer, facts, overlaySnapshot(facts.snapshot, { put: oldObject, domain: names.domain })),
      );
  return beyondText(now, sumAmounts(earlier)) !== undefined;
}

/** The first of the fields that the buffer has; the template where that is judged. */
function pathOf({ request, subject }: Facts, fields: readonly (keyof CapacityBuffer["spec"])[]): string {
  if (request.object?.kind === "PodTemplate") return "/template";
  const [buffer] = subject.kind === "buffer" ? subject.buffers : [];
  const field = fields.find((one) => buffer?.spec[one] !== undefined);
  return field === undefined ? "/spec" : `/spec/${field}`;
}

function aboutBuffer({ request }: Facts, { metadata }: CapacityBuffer): string {
  return request.object?.kind === "PodTemplate" ? `CapacityBuffer ${metadata.name ?? ""}: ` : "";
}
