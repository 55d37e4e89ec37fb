/** Where a Pod stands is read from its phase, conditions and owner. */
import { describe, expect, it } from "vitest";
import type { Pod, PodStatus } from "../../src/api/pod.ts";
import {
  isActive,
  isDaemonPod,
  isMirrorPod,
  isPending,
  isReady,
  isTerminal,
  isTerminating,
  isUnschedulable,
} from "../../src/kube/pod-state.ts";
import { pod } from "../support/objects.ts";

describe("a Pod that is", () => {
  check("new", pod(), { pending: true, active: true });
  check("found unschedulable", withStatus({ phase: "Pending", conditions: [unscheduled("Unschedulable")] }), {
    pending: true,
    unschedulable: true,
    active: true,
  });
  check("held back by a scheduling gate", withStatus({ phase: "Pending", conditions: [unscheduled("SchedulingGated")] }), {
    pending: true,
    active: true,
  });
  check(
    "running and ready",
    { ...withStatus({ phase: "Running", conditions: [{ type: "Ready", status: "True" }] }), spec: { ...pod().spec, nodeName: "n" } },
    { ready: true, active: true },
  );
  check("bound and not running yet", { ...withStatus({ phase: "Pending" }), spec: { ...pod().spec, nodeName: "n" } }, { active: true });
  check("done", withStatus({ phase: "Succeeded" }), { terminal: true });
  check("failed", withStatus({ phase: "Failed" }), { terminal: true });
  check("being deleted", { ...pod(), metadata: { name: "p", deletionTimestamp: "2026-11-21T12:00:00Z" } }, { terminating: true });
  check("a DaemonSet's", pod({ owner: { apiVersion: "apps/v1", kind: "DaemonSet", name: "d", uid: "u", controller: true } }), {
    pending: true,
    active: true,
    daemon: true,
  });
  check("a static Pod's mirror", pod({ annotations: { "kubernetes.io/config.mirror": "x" } }), {
    pending: true,
    active: true,
    mirror: true,
  });

  function check(title: string, of: Pod, expected: Readonly<Record<string, boolean>>): void {
    it(`${title}: ${Object.keys(expected).join(", ")}`, () => {
      const answers = {
        ready: isReady(of),
        terminal: isTerminal(of),
        terminating: isTerminating(of),
        pending: isPending(of),
        unschedulable: isUnschedulable(of),
        active: isActive(of),
        daemon: isDaemonPod(of),
        mirror: isMirrorPod(of),
      };
      expect(Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer))).toEqual(expected);
    });
  }
});

function withStatus(status: PodStatus): Pod {
  return { ...pod(), status };
}

function unscheduled(reason: string) {
  return { type: "PodScheduled", status: "False", reason } as const;
}
