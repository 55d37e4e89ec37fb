/**
 * A VerticalPodAutoscaler that comes to a workload whose profile sets its requests: told on the workload at once.
 */
import { describe, expect, it } from "vitest";
import type { VerticalPodAutoscaler } from "../../src/api/foreign-autoscaler.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { arrivalNotes } from "../../src/policies/arrival.ts";
import { contextOf, policySet } from "../support/admission.ts";
import { deployment, profile } from "../support/objects.ts";

const vpa = (updateMode: string): VerticalPodAutoscaler => ({
  apiVersion: "autoscaling.k8s.io/v1",
  kind: "VerticalPodAutoscaler",
  metadata: { name: "web-vpa", namespace: "shop" },
  spec: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, updatePolicy: { updateMode } },
});

describe("a VPA that has just come", () => {
  const told = (object: VerticalPodAutoscaler, ...world: readonly KubeObject[]) =>
    arrivalNotes({ object }, { policySet: policySet(), context: contextOf([object, ...world]) });
  it("makes an Event on the workload that a profile sizes", () => {
    expect(told(vpa("Auto"), deployment(), profile())).toMatchObject([
      {
        regarding: { kind: "Deployment", name: "web" },
        reason: "PolicyViolation",
        message: expect.stringMatching(
          /^beside VerticalPodAutoscaler web-vpa admission would refuse this: \[CONF-004\] VPA "web-vpa" in mode Auto also sets requests of Deployment web; fix: compute.managedBy: vpa or VPA Off$/,
        ) as string,
      },
    ]);
  });
  it.each([
    ["that only recommends", vpa("Off"), [deployment(), profile()]],
    ["that owns the requests", vpa("Auto"), [deployment(), profile({ spec: { compute: { managedBy: "vpa" } } })]],
    ["of a workload without a profile", vpa("Auto"), [deployment()]],
    ["of a workload that is not there", vpa("Auto"), [profile()]],
  ])("is no news %s", (_what, object, world) => {
    expect(told(object, ...world)).toEqual([]);
  });
});
