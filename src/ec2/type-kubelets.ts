/**
 * Kubelets of types: what nodes of each instance type are told where an EC2NodeClass has expressions in its kubelet block.
 *
 * Reads the class and the types that are asked for. Returns the blocks by type, none where the class's own is each type's; or the sentence
 * that names the field and the type.
 */
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import type { InstanceType } from "../api/instance-type.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import { expressionFields } from "../catalog/kubelet-expression.ts";
import { knownInstanceFacts } from "../catalog/known-instances.ts";
import { kubeletOfType } from "../catalog/node-settings.ts";
import { remembered } from "../kube/remembered.ts";

type KubeletBlock = NonNullable<EC2NodeClassSpec["kubelet"]>;

const factsByName = remembered(
  (facts: readonly Ec2InstanceFacts[]): ReadonlyMap<string, Ec2InstanceFacts> => new Map(facts.map((of) => [of.name, of])),
);

/** Returns the blocks of types by name. */
export function typeKubelets(
  spec: EC2NodeClassSpec | undefined,
  types: readonly Pick<InstanceType, "name">[],
): Result<ReadonlyMap<string, KubeletBlock>, string> {
  const blocks = new Map<string, KubeletBlock>();
  if (spec === undefined || expressionFields(spec.kubelet).length === 0) return ok(blocks);
  for (const { name } of types) {
    const facts = factsByName(knownInstanceFacts()).get(name);
    if (facts === undefined) return err(`spec.kubelet has expressions, and nothing is known of ${name} to count them with`);
    const block = kubeletOfType(spec, facts);
    if (!block.ok) return err(`spec.${block.error}`);
    if (block.value !== undefined) blocks.set(name, block.value);
  }
  return ok(blocks);
}
