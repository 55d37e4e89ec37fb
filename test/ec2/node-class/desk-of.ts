/**
 * A NodeClassDesk for tests: over a given EC2, with nothing behind what is left out.
 */
import { err, ok } from "../../../src/api/result.ts";
import { nodeClassDesk, type NodeClassDesk, type NodeClassDeskOptions } from "../../../src/ec2/node-class-desk.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";

/** Makes the desk; the API server is version 1.33. */
export function deskOf(of: Pick<NodeClassDeskOptions, "ec2"> & Partial<NodeClassDeskOptions>): NodeClassDesk {
  return nodeClassDesk({
    calls: {
      capacityReservations: () => Promise.resolve(ok([])),
      placementGroups: () => Promise.resolve(err({ kind: "other", code: "Unused", message: "no placement groups here" })),
    },
    ssm: { parameter: () => Promise.resolve(ok(undefined)) },
    eks: { cluster: () => Promise.resolve(ok(undefined)) },
    client: { request: () => Promise.resolve({ ok: true, status: 200, body: { major: "1", minor: "33+" } }) },
    snapshot: () => snapshotOf([]),
    clock: { now: () => 0 },
    cluster: { name: "prod" },
    ...of,
  });
}
