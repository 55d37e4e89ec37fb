/**
 * Node age: how long a class's nodes live, and so how long a Pod of it may keep its node from being replaced.
 *
 * Reads a class of the catalogue. Returns milliseconds. What protects a Pod for longer protects it for good.
 */
import { parseGoDuration } from "../kube/schedule.ts";
import type { WorkloadClass } from "./class.ts";

/** Karpenter's own expireAfter. */
const defaultNodeAge = "720h";

/** Returns how old the nodes of a class become, as policies.yaml writes it. */
export function nodeAgeOf(workloadClass: WorkloadClass | undefined): string {
  return workloadClass?.disruption.maxNodeAge ?? defaultNodeAge;
}

/** Says whether a protection has no end that counts: "true", or a duration longer than the class's most, or than its nodes live. */
export function isForEver(protection: string, workloadClass: WorkloadClass | undefined): boolean {
  if (protection === "true") return true;
  const [asked, most] = [protection, workloadClass?.disruption.maxProtect ?? nodeAgeOf(workloadClass)].map(parseGoDuration);
  return asked?.ok === true && most?.ok === true && asked.value > most.value;
}
