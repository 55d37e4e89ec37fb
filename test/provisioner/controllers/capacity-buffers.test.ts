/** A CapacityBuffer says of itself what it wants and whether there is room for it, and its status is written only when that changes. */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { CapacityBuffer } from "../../../src/api/capacity-buffer.ts";
import { crdOf } from "../../../src/api/crd.ts";
import { defaultDomain, platformNames } from "../../../src/api/labels.ts";
import type { ObjectKey } from "../../../src/api/object.ts";
import type { Clock } from "../../../src/api/ports.ts";
import { err, ok, type Result } from "../../../src/api/result.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { kwokProvider } from "../../../src/kwok/kwok-provider.ts";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import type { BufferProblem } from "../../../src/policies/buffer-source.ts";
import type { BufferChunks } from "../../../src/provisioner/buffer-chunks.ts";
import { bufferPodsMax } from "../../../src/provisioner/buffer-demand.ts";
import type { BufferPlaces } from "../../../src/provisioner/buffer-status.ts";
import { bufferDesk } from "../../../src/provisioner/controllers/buffer-desk.ts";
import { capacityBufferController, nextBufferStep } from "../../../src/provisioner/controllers/capacity-buffer-controller.ts";
import { provisionerController } from "../../../src/provisioner/controllers/provisioner-controller.ts";
import type { ControllerEntry } from "../../../src/provisioner/controllers/shell.ts";
import { startWorld } from "../../../src/sim/world.ts";
import { deployment, namespaceObject, nodePool, pod } from "../../support/objects.ts";
import { yamlText } from "../../support/yaml-objects.ts";

const key: ObjectKey = { namespace: "shop", name: "spare" };

function buffer(change: Partial<CapacityBuffer> = {}): CapacityBuffer {
  return {
    apiVersion: "autoscaling.x-k8s.io/v1beta1",
    kind: "CapacityBuffer",
    metadata: { ...key, generation: 2 },
    spec: { scalableRef: { apiGroup: "apps", kind: "Deployment", name: "web" }, percentage: 50 },
    ...change,
  };
}

type Chunks = Result<BufferChunks, BufferProblem>;
const chunks = (replicas: number, more: Partial<BufferChunks> = {}): Chunks => ok({ pod: pod(), replicas, ...more });

describe("the status of a buffer", () => {
  const check = (name: string, from: { readonly chunks: Chunks; readonly places?: BufferPlaces }, expected: readonly string[]): void => {
    test(name, () => {
      const step = nextBufferStep({ buffer: buffer(), chunks: from.chunks, places: from.places }, 0);
      if (step.kind !== "write-status") throw new Error(step.kind);
      expect(step.status.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual(expected);
      expect(nextBufferStep({ buffer: buffer({ status: step.status }), ...from, places: from.places }, 60_000).kind).toBe("settled");
    });
  };
  const ready = "ReadyForProvisioning=True Resolved";
  const places = { wanted: 3, existing: 3, bought: 0, failed: 0 };
  const missing = (reason: BufferProblem["reason"]): Chunks => err({ reason, message: "why" });
  const unready = "Provisioning=False NotReadyForProvisioning";
  check("says nothing of room before a plan", { chunks: chunks(3) }, [ready]);
  check("says that all fits", { chunks: chunks(3), places }, [ready, "Provisioning=True FitsExistingCapacity"]);
  const short = [ready, "Provisioning=False RequiresNewCapacity"];
  check("says that nodes are bought", { chunks: chunks(3), places: { ...places, existing: 1, bought: 2 } }, short);
  check("says that some have no place", { chunks: chunks(3), places: { ...places, existing: 2, failed: 1 } }, short);
  check("says nothing of room by a plan of another number", { chunks: chunks(4), places }, [ready]);
  check("says that it is empty", { chunks: chunks(0), places }, [ready, "Provisioning=False BufferEmpty"]);
  const quota = { allowed: 2, limitedBy: 'ResourceQuota "q" leaves pods for 2 of 3 more Pods' };
  const limited = "LimitedByQuotas=True ResourceQuotasAllocated";
  check("says that quotas limit it", { chunks: chunks(3), places: { ...places, existing: 2, quota } }, [
    ready,
    "Provisioning=True FitsExistingCapacity",
    limited,
  ]);
  check(
    "says that quotas leave nothing of it",
    { chunks: chunks(3), places: { ...places, existing: 0, quota: { ...quota, allowed: 0 } } },
    [ready, "Provisioning=False BufferEmpty", limited],
  );
  for (const reason of ["ScalableRefNotFound", "PodTemplateNotFound", "ResolutionFailed"] as const) {
    check(`says ${reason}`, { chunks: missing(reason), places }, [`ReadyForProvisioning=False ${reason}`, unready]);
  }

  test("names the PodTemplate and its generation, and takes them back with it", () => {
    const podTemplate = { name: "chunk", generation: 7 };
    const step = nextBufferStep({ buffer: buffer(), chunks: chunks(1, { podTemplate }), places: undefined }, 0);
    if (step.kind !== "write-status") throw new Error(step.kind);
    const provisioningStrategy = "buffer.x-k8s.io/active-capacity";
    expect(step.status).toMatchObject({ podTemplateRef: { name: "chunk" }, podTemplateGeneration: 7, provisioningStrategy, replicas: 1 });
    const next = nextBufferStep({ buffer: buffer({ status: step.status }), chunks: missing("PodTemplateNotFound"), places: undefined }, 0);
    if (next.kind !== "write-status") throw new Error(next.kind);
    expect(Object.keys(next.status)).toEqual(["conditions", "provisioningStrategy"]);
  });

  test("keeps what was said of room until a plan says something else, and conditions of others are no reason to write", () => {
    const first = nextBufferStep({ buffer: buffer(), chunks: chunks(3), places }, 0);
    if (first.kind !== "write-status") throw new Error(first.kind);
    const foreign = {
      type: "LimitedByQuotas",
      status: "False",
      reason: "R",
      message: "",
      lastTransitionTime: "1970-01-01T00:00:00Z",
    } as const;
    const status = { ...first.status, conditions: [foreign, ...(first.status.conditions ?? [])] };
    expect(nextBufferStep({ buffer: buffer({ status }), chunks: chunks(3), places: undefined }, 60_000).kind).toBe("settled");
  });

  test("counts what quotas let in, and takes the word of them back once they have room", () => {
    const quota = { allowed: 2, limitedBy: "why" };
    const step = nextBufferStep({ buffer: buffer(), chunks: chunks(3), places: { ...places, existing: 2, quota } }, 0);
    if (step.kind !== "write-status") throw new Error(step.kind);
    expect(step.status.replicas).toBe(2);
    const next = nextBufferStep({ buffer: buffer({ status: step.status }), chunks: chunks(3), places }, 0);
    if (next.kind !== "write-status") throw new Error(next.kind);
    expect([next.status.replicas, next.status.conditions?.[2]]).toMatchObject([3, { type: "LimitedByQuotas", status: "False" }]);
  });

  test("says how many chunks are beyond what is planned for", () => {
    const wanted = bufferPodsMax + 5;
    const cut = { wanted, existing: bufferPodsMax, bought: 0, failed: 0 };
    const step = nextBufferStep({ buffer: buffer(), chunks: chunks(wanted), places: cut }, 0);
    if (step.kind !== "write-status") throw new Error(step.kind);
    expect(step.status.conditions?.[1]?.message).toContain(`5 are not planned for: buffers have room for ${bufferPodsMax} together`);
  });
});

describe("on an API server", () => {
  const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
  const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
  const pool = nodePool({ requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] });

  /** Both controllers on the embedded world, whose objects they see as they stand at each look. */
  async function opened() {
    let now = 0;
    const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
    const world = startWorld({ clock, seed: "capacity-buffers" });
    const transport = world.transport();
    const post = async (path: string, body: object) => {
      expect(await transport.request({ method: "POST", path, body })).toMatchObject({ ok: true });
    };
    for (const kind of ["CapacityBuffer", "NodeClaim"] as const) {
      await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind));
    }
    await post("/api/v1/namespaces", namespaceObject());
    const client: ApiClient = apiClient({ transport, domain: defaultDomain });
    const seen = { snapshot: snapshotOf([]) };
    const look = async () => {
      const lists = await Promise.all(
        (["CapacityBuffer", "NodeClaim", "Deployment", "Namespace"] as const).map((kind) => client.list(kind)),
      );
      seen.snapshot = snapshotOf([pool, ...lists.flatMap((list) => (list.ok ? list.value : []))]);
    };
    const snapshot = () => seen.snapshot;
    if (!parsed.ok) throw new Error("policies.yaml does not parse");
    const policySet = parsed.value;
    const names = platformNames();
    const shell = {
      ...{ client, snapshot, names, clock },
      world: () => ({ policySet, snapshot: snapshot(), names, instanceTypes }),
      provider: kwokProvider({ client, snapshot, instanceTypes: () => instanceTypes }),
    };
    const desk = bufferDesk();
    const woken: string[] = [];
    const [provisioner, statuses] = [provisionerController(shell, { buffers: desk }), capacityBufferController(shell, desk)];
    statuses.wake?.(({ name }) => woken.push(name));
    const run = async ({ controller }: ControllerEntry, at: ObjectKey): Promise<string> => {
      await look();
      const observed = await controller.observe(at);
      if (observed === undefined) return "nothing";
      const step = controller.decide(observed, now);
      expect((await controller.act(step)).kind).toBe("after");
      return step.kind;
    };
    const plan = async () => {
      now += 60_000;
      return run(provisioner, { namespace: "", name: "cluster" });
    };
    const said = async () => {
      const found = await client.get("CapacityBuffer", key);
      const status = found.ok ? found.value.status : undefined;
      return [status?.replicas, ...(status?.conditions ?? []).map(({ reason }) => reason)];
    };
    const claims = async () => {
      const listed = await client.list("NodeClaim");
      return listed.ok ? listed.value.length : undefined;
    };
    return { post, plan, tell: () => run(statuses, key), said, claims, woken };
  }

  test("a buffer waits for its Deployment, is bought room, finds it there, and is written no more", async () => {
    const { post, plan, tell, said, claims, woken } = await opened();
    await post("/apis/autoscaling.x-k8s.io/v1beta1/namespaces/shop/capacitybuffers", buffer({ metadata: { ...key } }));
    expect(await tell()).toBe("write-status");
    expect(await said()).toEqual([undefined, "ScalableRefNotFound", "NotReadyForProvisioning"]);
    const web = deployment({ name: "web", replicas: 4 });
    await post("/apis/apps/v1/namespaces/shop/deployments", { ...web, metadata: { name: "web", namespace: "shop" } });
    expect(await plan()).toBe("plan");
    expect(woken).toEqual(["spare"]);
    expect(await tell()).toBe("write-status");
    expect(await said()).toEqual([2, "Resolved", "RequiresNewCapacity"]);
    expect(await claims()).toBe(1);
    expect(await plan()).toBe("plan");
    expect(woken).toEqual(["spare", "spare"]);
    expect(await tell()).toBe("write-status");
    expect(await said()).toEqual([2, "Resolved", "FitsExistingCapacity"]);
    expect([await plan(), await tell(), await claims(), woken.length]).toEqual(["plan", "settled", 1, 2]);
  });
});
