/**
 * Known instances: every instance type that this program knows without asking EC2.
 *
 * Reads the recorded table (generated/instance-types.ts), which `plimsoll catalog refresh` writes. Returns its facts for all
 * that must answer without a cloud: rules and reviews, the simulator, the kwok provider, `plimsoll check` and `plan`.
 */
import { assert } from "../api/assert.ts";
import { remembered } from "../kube/remembered.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import { recording } from "./generated/instance-types.ts";
import { parseInstanceTable, type InstanceTable } from "./instance-table.ts";

/** The text is ours and a test reads it, so it can always be parsed; it is, at the first call. */
const recordedTable = remembered(({ text }: { readonly text: string }): InstanceTable => {
  const table = parseInstanceTable(text);
  assert(table.ok, "the recorded instance types can be read");
  return table.value;
});

/** Returns every type of the recording, sorted by name; the same objects at every call. */
export function knownInstanceFacts(): readonly Ec2InstanceFacts[] {
  return recordedTable(recording).facts;
}

/** Returns the same types as if nothing were recorded of where they are sold: for a region that no input names. */
export function unplacedInstanceFacts(): readonly Ec2InstanceFacts[] {
  return unplaced(knownInstanceFacts());
}

const unplaced = remembered((facts: readonly Ec2InstanceFacts[]) =>
  facts.map((of): Ec2InstanceFacts => {
    const { offeredIn, ...rest } = of;
    return offeredIn === undefined ? of : rest;
  }),
);

/** Returns where and when the recording was made. */
export function knownInstanceSource(): Pick<InstanceTable, "source" | "region" | "date"> {
  const { source, region, date } = recordedTable(recording);
  return { source, region, date };
}
