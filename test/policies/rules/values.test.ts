/**
 * WP-007 and WP-008: values that another field, or the workload, rules out.
 */
import { describe } from "vitest";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { cronJob, deployment, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

type Spec = WorkloadProfile["spec"];

describe("WP-007: fields that rule each other out", () => {
  const check = checkerOf("WP-007");
  function row(name: string, spec: Spec, ...found: readonly string[]): void {
    check(name, { judge: profile({ spec }), finds: found.map((text) => `WP-007 deny: ${text}`) });
  }
  row(
    "S127: a burst above the maximum",
    { scaling: { maxReplicas: 9, maxBurstPods: 10 } },
    "spec.scaling.maxBurstPods 10 is above scaling.maxReplicas 9",
  );
  row("a burst as large as the maximum", { scaling: { maxReplicas: 9, maxBurstPods: 9 } });
  row(
    "more headroom than a burst",
    { scaling: { maxReplicas: 9, maxBurstPods: 3, headroomPods: 4 } },
    "spec.scaling.headroomPods 4 is above the burst of 3 (scaling.maxBurstPods)",
  );
  row(
    "an external metric without a name",
    { scaling: { manage: "hpa", maxReplicas: 9, metrics: [{ type: "external", target: "30" }] } },
    "spec.scaling.metrics[0] is external and has no name",
  );
  row("an external metric by the lag's name", {
    scaling: { manage: "hpa", maxReplicas: 9, lagMetric: "lag", metrics: [{ type: "external", target: "30" }] },
  });
  row(
    "a preStop as long as the grace",
    { disruption: { preStopSeconds: 30 } },
    "spec.disruption.preStopSeconds 30 is not below gracePeriodSeconds 30",
  );
  row(
    "a grace as short as the class's preStop",
    { disruption: { gracePeriodSeconds: 5 } },
    "spec.disruption.gracePeriodSeconds 5 is not above preStopSeconds 5",
  );
  row("a preStop below the grace", { disruption: { preStopSeconds: 29 } });
  row(
    "a window at no time",
    { disruption: { window: [{ schedule: "0 25 * * 6", duration: "4h" }] } },
    'spec.disruption.window[0].schedule "0 25 * * 6" is no cron schedule',
  );
  row(
    "a window of a second",
    { disruption: { window: [{ schedule: "0 2 * * *", duration: "1s" }] } },
    'spec.disruption.window[0].duration "1s" is shorter than one Pod needs to leave: its gracePeriodSeconds and a minute',
  );
  row(
    "a window once a year",
    { disruption: { window: [{ schedule: "0 2 1 1 *", duration: "4h" }] } },
    "spec.disruption.window does not open for longer than nodes live (336h)",
  );
  row("a window once a year beside one on Saturdays", {
    disruption: {
      window: [
        { schedule: "0 2 1 1 *", duration: "4h" },
        { schedule: "0 2 * * 6", duration: "90s" },
      ],
    },
  });
  row(
    "a protection for longer than nodes live",
    { disruption: { protect: "100000h" } },
    "spec.disruption.protect 100000h is longer than its nodes live (336h)",
  );
  row("a protection for as long as nodes live", { disruption: { protect: "336h" } });
  row("a window on Saturdays", { disruption: { window: [{ schedule: "0 2 * * 6", duration: "4h" }] } });
});

describe("WP-008: what the workload rules out", () => {
  const check = checkerOf("WP-008");
  const naming = (name: string) => profile({ spec: { compute: { containers: { [name]: { cpuRequest: "200m" } } } } });
  check("a container that is nearly one", {
    judge: naming("ap"),
    world: [deployment()],
    finds: ['WP-008 deny: Deployment web: compute.containers names "ap", but the pod has app'],
  });
  check("a container that may be injected later", {
    judge: deployment(),
    world: [naming("istio-proxy")],
    finds: ['WP-008 warn: compute.containers names "istio-proxy", but the pod has app'],
  });
  check("a container of the Pod", { judge: deployment(), world: [naming("app")], finds: [] });
  const forever = profile({ spec: { disruption: { protect: "untilFinished" } } });
  check("a protection until an end that never comes", {
    judge: deployment(),
    world: [forever],
    finds: ["WP-008 deny: disruption.protect untilFinished, but a Deployment never finishes: its nodes could never be replaced"],
  });
  check("a protection of work with an end", { judge: cronJob({ name: "web" }), world: [forever], finds: [] });
});
