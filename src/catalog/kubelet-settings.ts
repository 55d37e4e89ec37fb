/**
 * Kubelet settings: the fields of a NodeClass's kubelet block that change what a Node has for Pods.
 *
 * Reads `spec.kubelet`, which the schema leaves open. Returns numbers, or the sentence that names the bad field: a setting
 * that is misread would make every plan for that NodeClass wrong.
 */
import type { Resources } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { cpuMillis, wholeUnits } from "../kube/quantity.ts";

/** An eviction threshold: bytes, or a share of the capacity. */
export type EvictionThreshold = { readonly kind: "bytes"; readonly bytes: number } | { readonly kind: "percent"; readonly percent: number };

export interface KubeletSettings {
  readonly maxPods?: number;
  readonly podsPerCore?: number;
  /** Override per resource what is reserved by formula. */
  readonly kubeReserved?: Resources;
  readonly systemReserved?: Resources;
  readonly evictionMemory?: EvictionThreshold;
  readonly evictionStorage?: EvictionThreshold;
}

/** Returns the settings of a kubelet block; an absent block has none. */
export function parseKubeletSettings(kubelet: unknown): Result<KubeletSettings, string> {
  if (kubelet === undefined || kubelet === null) return ok({});
  if (!isRecord(kubelet)) return err("kubelet must be an object");
  const maxPods = countOf(kubelet, "maxPods");
  if (!maxPods.ok) return maxPods;
  const podsPerCore = countOf(kubelet, "podsPerCore");
  if (!podsPerCore.ok) return podsPerCore;
  const kubeReserved = reservedOf(kubelet, "kubeReserved");
  if (!kubeReserved.ok) return kubeReserved;
  const systemReserved = reservedOf(kubelet, "systemReserved");
  if (!systemReserved.ok) return systemReserved;
  const evictionMemory = thresholdOf(kubelet, "memory.available");
  if (!evictionMemory.ok) return evictionMemory;
  const evictionStorage = thresholdOf(kubelet, "nodefs.available");
  if (!evictionStorage.ok) return evictionStorage;
  return ok({
    ...(maxPods.value === undefined ? undefined : { maxPods: maxPods.value }),
    ...(podsPerCore.value === undefined ? undefined : { podsPerCore: podsPerCore.value }),
    ...(kubeReserved.value === undefined ? undefined : { kubeReserved: kubeReserved.value }),
    ...(systemReserved.value === undefined ? undefined : { systemReserved: systemReserved.value }),
    ...(evictionMemory.value === undefined ? undefined : { evictionMemory: evictionMemory.value }),
    ...(evictionStorage.value === undefined ? undefined : { evictionStorage: evictionStorage.value }),
  });
}

type Block = Readonly<Record<string, unknown>>;

/** An expression has been counted before (kubelet-expression.ts). */
function countOf(kubelet: Block, field: "maxPods" | "podsPerCore"): Result<number | undefined, string> {
  const value = kubelet[field];
  if (value === undefined) return ok(undefined);
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return ok(value);
  return err(`kubelet.${field} must be a whole number, not ${JSON.stringify(value)}`);
}

function reservedOf(kubelet: Block, field: "kubeReserved" | "systemReserved"): Result<Resources | undefined, string> {
  const list = kubelet[field];
  if (list === undefined) return ok(undefined);
  if (!isRecord(list)) return err(`kubelet.${field} must be an object of quantities`);
  const resources: Record<string, number> = {};
  for (const [name, text] of Object.entries(list)) {
    const amount = typeof text === "string" || typeof text === "number" ? amountOf(name, text) : err("a quantity must be text");
    if (!amount.ok) return err(`kubelet.${field}.${name}: ${amount.error}`);
    resources[name] = amount.value;
  }
  return ok(resources);
}

function amountOf(name: string, text: string | number): Result<number, string> {
  return name === "cpu" ? cpuMillis(text) : wholeUnits(text);
}

function thresholdOf(kubelet: Block, signal: "memory.available" | "nodefs.available"): Result<EvictionThreshold | undefined, string> {
  const signals = kubelet["evictionHard"];
  if (signals === undefined) return ok(undefined);
  if (!isRecord(signals)) return err("kubelet.evictionHard must be an object");
  const text = signals[signal];
  if (text === undefined) return ok(undefined);
  if (typeof text !== "string") return err(`kubelet.evictionHard.${signal} must be text`);
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return ok({ kind: "percent", percent: Number(percent) });
  const bytes = wholeUnits(text);
  return bytes.ok ? ok({ kind: "bytes", bytes: bytes.value }) : err(`kubelet.evictionHard.${signal}: ${bytes.error}`);
}

function isRecord(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
