/** A NodeClass's kubelet block is read exactly or refused by name. */
import { describe, expect, it } from "vitest";
import { parseKubeletSettings } from "../../src/catalog/kubelet-settings.ts";

const mib = 1024 * 1024;

describe("a kubelet block", () => {
  check("may be absent", undefined, {});
  check(
    "is read into numbers",
    {
      maxPods: 30,
      podsPerCore: 4,
      kubeReserved: { cpu: "250m", memory: "1Gi" },
      systemReserved: { "ephemeral-storage": "2Gi" },
      evictionHard: { "memory.available": "300Mi", "nodefs.available": "15%" },
    },
    {
      maxPods: 30,
      podsPerCore: 4,
      kubeReserved: { cpu: 250, memory: 1024 * mib },
      systemReserved: { "ephemeral-storage": 2048 * mib },
      evictionMemory: { kind: "bytes", bytes: 300 * mib },
      evictionStorage: { kind: "percent", percent: 15 },
    },
  );
  check("may hold settings that change no capacity", { clusterDNS: ["10.0.0.10"], evictionSoft: { "memory.available": "1Gi" } }, {});
  check("with an expression as maxPods is refused", { maxPods: "vcpus * 8" }, /kubelet\.maxPods must be a whole number/);
  check("with a negative count is refused", { podsPerCore: -1 }, /kubelet\.podsPerCore/);
  check("with a bad quantity is refused", { kubeReserved: { memory: "1gb" } }, /kubelet\.kubeReserved\.memory: "1gb" is not a quantity/);
  check("with a share above all is refused", { evictionHard: { "memory.available": "101%" } }, /kubelet\.evictionHard\.memory\.available/);
  check("that is no object is refused", "defaults", /kubelet must be an object/);

  function check(title: string, kubelet: unknown, expected: object | RegExp): void {
    it(title, () => {
      const parsed = parseKubeletSettings(kubelet);
      if (expected instanceof RegExp) expect(parsed.ok ? "accepted" : parsed.error).toMatch(expected);
      else expect(parsed).toEqual({ ok: true, value: expected });
    });
  }
});
