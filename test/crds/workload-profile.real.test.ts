// The CRD of WorkloadProfile on the real API server: it takes the founding document's profile as written, leaves what the webhook says
// better to the webhook, and prints who blocks drains.
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { crdOf } from "../../src/api/crd.ts";
import { startControlPlane, type CommandResult, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { foundingProfile } from "../support/founding-profile.ts";

const resource = "workloadprofiles.platform.example.com";

await describeOnControlPlane("the CRD of WorkloadProfile", () => {
  let plane: ControlPlane;
  const apply = (stdin: string): Promise<CommandResult> => plane.kubectl(["apply", "-f", "-"], { stdin });
  const profile = (name: string, spec: object): string =>
    stringify({ apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata: { name }, spec });

  beforeAll(async () => {
    plane = await startControlPlane({ without: ["kube-scheduler", "kube-controller-manager", "kwok"] });
    expect(await apply(stringify(crdOf("WorkloadProfile")))).toMatchObject({ code: 0 });
    expect(await plane.kubectl(["wait", "--for=condition=Established", `crd/${resource}`])).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await plane.close();
  });

  test("the founding document's profile is accepted as written, and nothing is written into its spec", async () => {
    expect(await apply(foundingProfile)).toEqual({
      code: 0,
      stdout: "workloadprofile.platform.example.com/billing-api created\n",
      stderr: "",
    });
    const { stdout } = await plane.kubectl(["get", "wlp", "billing-api", "-o", "jsonpath={.spec}"]);
    expect(JSON.parse(stdout)).toEqual({
      runtimeClass: "general",
      availability: { minReplicas: 3, zoneSpread: "required" },
      scaling: { maxReplicas: 50, maxBurstPods: 20 },
      compute: { cpuRequest: "500m", memoryRequest: "768Mi" },
      disruption: { minAvailable: "80%" },
      cost: { spotAllowed: false },
    });
  });

  test("unknown fields are left to the webhook, at every depth", async () => {
    const spec = {
      minReplicas: 1,
      availability: { minReplica: 1 },
      compute: { cpuLimit: "none", containers: { app: { cpu: 1 } } },
      scaling: { metrics: [{ type: "cpu", target: "70%", foo: 1 }] },
      overrides: [{ match: { labels: {}, foo: 1 }, compute: { foo: 1 } }],
      disruption: { guarantees: { foo: true }, minAvailable: "80%" },
    };
    expect(await apply(profile("strange", spec))).toMatchObject({ code: 0, stderr: "" });
    const { stdout } = await plane.kubectl(["get", "wlp", "strange", "-o", "jsonpath={.spec}"]);
    expect(JSON.parse(stdout)).toEqual(spec);
  });

  test.each([
    ["a text where a number belongs", { availability: { minReplicas: "three" } }, "spec.availability.minReplicas"],
    ["a number below its range", { scaling: { maxReplicas: 0 } }, "spec.scaling.maxReplicas"],
    ["a word that is not a choice", { availability: { zoneSpread: "maybe" } }, "spec.availability.zoneSpread"],
    ["a list where an object belongs", { compute: [] }, "spec.compute"],
    ["a fraction where a count or a percentage belongs", { disruption: { minAvailable: 0.8 } }, "spec.disruption.minAvailable"],
    ["a count below zero", { disruption: { minAvailable: -1 } }, "spec.disruption.minAvailable"],
    ["a percentage above 100", { disruption: { minAvailable: "180%" } }, "spec.disruption.minAvailable"],
    ["a wrong quantity", { compute: { cpuRequest: "16GB" } }, "spec.compute.cpuRequest"],
    ["a quantity below zero", { compute: { containers: { app: { memoryRequest: "-1Gi" } } } }, "spec.compute.containers.app.memoryRequest"],
    ["a number below zero", { compute: { cpuLimit: -1 } }, "spec.compute.cpuLimit"],
    ["a wrong schedule", { disruption: { window: [{ schedule: "daily", duration: "1h" }] } }, "spec.disruption.window[0].schedule"],
    ["a quantity that is no text", { compute: { cpuRequest: { a: 1 } } }, "spec.compute.cpuRequest"],
  ])("%s is refused by the API server itself", async (_title, spec, field) => {
    const { code, stderr } = await apply(profile("refused", spec));
    expect(code).toBe(1);
    expect(stderr).toContain(field);
  });

  test("kubectl get shows what the contract names, and the wide columns with -o wide", async () => {
    await apply(profile("shown", {}));
    const status = {
      observedGeneration: 1,
      targetCount: 1,
      resolved: {
        runtimeClass: "general",
        availability: { minReplicas: 3 },
        scaling: { maxReplicas: 50 },
        cost: { spotAllowed: false, owner: "billing" },
      },
      evictionsAllowed: { atMin: 1, now: 1, atMax: 10, summary: "1/1" },
      compiled: { hash: "0123abcd" },
      plan: { pool: "general-flex", perReplicaHourly: "0.0212" },
      exemptUntil: "2027-04-30",
      conditions: ["Ready", "DrainSafe", "Placeable"].map((type) => ({
        type,
        status: "True",
        reason: "Fine",
        message: "",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      })),
    };
    const patched = await plane.kubectl([
      "patch",
      "wlp",
      "shown",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ]);
    expect(patched).toMatchObject({ code: 0 });
    const columns = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> => {
      const { stdout } = await plane.kubectl(["get", "wlp", "shown", ...args]);
      return stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/ {2,}/).map((cell) => cell.replace(/^\d+s$/, "<age>")));
    };
    const heads = ["NAME", "CLASS", "TARGETS", "MIN", "MAX", "EVICT", "SPOT", "PLACEABLE", "DRAINSAFE", "READY", "AGE"];
    const cells = ["shown", "general", "1", "3", "50", "1/1", "false", "True", "True", "True", "<age>"];
    expect(await columns()).toEqual([heads, cells]);
    expect(await columns("-o", "wide")).toEqual([
      [...heads, "POOL", "$/H", "OWNER", "EXEMPT-UNTIL", "HASH"],
      [...cells, "general-flex", "0.0212", "billing", "2027-04-30", "0123abcd"],
    ]);
  });
});
