/** A rolling update adds and misses as many Pods as Kubernetes lets it. */
import { describe, expect, it } from "vitest";
import type { Deployment } from "../../src/api/workload.ts";
import { rollingBounds } from "../../src/kube/rolling-update.ts";

type Rolling = NonNullable<Deployment["spec"]["strategy"]>["rollingUpdate"];

describe("a rolling update", () => {
  check("of 1 by default", 1, undefined, [1, 0]);
  check("of 3 by default", 3, undefined, [1, 0]);
  check("of 10 by default", 10, undefined, [3, 2]);
  check("of 10 by whole numbers", 10, { maxSurge: 2, maxUnavailable: 0 }, [2, 0]);
  check("that would never move misses one", 10, { maxSurge: 0, maxUnavailable: "5%" }, [0, 1]);
  check("never misses more than there are", 2, { maxSurge: 0, maxUnavailable: 5 }, [0, 2]);

  function check(title: string, replicas: number, rollingUpdate: Rolling, [maxSurge, maxUnavailable]: readonly [number, number]): void {
    it(`${title} adds ${maxSurge} and misses ${maxUnavailable}`, () => {
      const strategy = rollingUpdate === undefined ? undefined : { rollingUpdate };
      expect(rollingBounds({ strategy, replicas })).toEqual({ maxSurge, maxUnavailable });
    });
  }

  it("that recreates misses all", () => {
    expect(rollingBounds({ strategy: { type: "Recreate" }, replicas: 4 })).toEqual({ maxSurge: 0, maxUnavailable: 4 });
  });
});
