/**
 * LimitRange bounds: which Pods the API server refuses for them.
 */
import { expect, test } from "vitest";
import type { LimitRangeItem } from "../../../src/api/limit-range.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { limitRangeRefusal } from "../../../src/provisioner/prediction/limit-range-bounds.ts";
import { pod } from "../../support/objects.ts";

const subject = pod({ requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "1Gi" } });
const twice = { ...subject, spec: { containers: ["a", "b"].map((name) => ({ ...subject.spec.containers[0], name })) } };

const check = (name: string, item: Omit<LimitRangeItem, "type"> & Partial<LimitRangeItem>, broken?: string, of: Pod = subject): void => {
  test(name, () => {
    const range = {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "team" },
      spec: { limits: [{ type: "Container", ...item } as const] },
    };
    expect(limitRangeRefusal(of.spec, [range])).toBe(broken === undefined ? undefined : `LimitRange "team" refuses its Pods: ${broken}`);
  });
};

check("amounts within the bounds may enter", { min: { cpu: "1" }, max: { cpu: "2", memory: "1Gi" } });
check("a request below the minimum is refused", { min: { cpu: "1500m" } }, "requests less cpu than min 1500m (container app)");
check("a limit above the maximum is refused", { max: { cpu: "1" } }, "no limit of cpu within max 1 (container app)");
check("a maximum wants a limit", { max: { cpu: "4" } }, "no limit of cpu within max 4 (container app)", pod({ requests: { cpu: "1" } }));
check("a minimum wants a request", { min: { cpu: "1m" } }, "requests less cpu than min 1m (container app)", pod({ requests: {} }));
check("a limit stands in for a request", { min: { cpu: "1" } }, undefined, pod({ requests: {}, limits: { cpu: "1" } }));
check(
  "a limit far above its request is refused",
  { maxLimitRequestRatio: { cpu: "1" } },
  "limit to request of cpu above 1 (container app)",
);
check("a limit as far above as is allowed may enter", { maxLimitRequestRatio: { cpu: "2" } });
check(
  "a ratio with a fraction counts as the API server stores it",
  { maxLimitRequestRatio: { cpu: "1500m" } },
  "limit to request of cpu above 1500m (container app)",
);
check("a limit within a ratio with a fraction may enter", { maxLimitRequestRatio: { cpu: "2500m" } });
check("the whole Pod is measured by a Pod's bounds", { type: "Pod", max: { cpu: "3" } }, "no limit of cpu within max 3 (Pod)", twice);
check("claims are measured elsewhere", { type: "PersistentVolumeClaim", max: { storage: "1Gi" } });
