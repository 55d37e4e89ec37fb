/**
 * ClassTrouble: what of an EC2NodeClass this version can't launch, whatever the account and the cluster hold.
 *
 * Reads a NodeClass. Returns sentences: the provider puts them into a pool's status, `plimsoll plan` into its notes.
 */
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";

/** Returns everything of a class that this version can't launch; none where it can, or where the class has no spec. */
export function classTrouble({ spec }: EC2NodeClass): readonly string[] {
  return spec === undefined ? [] : [profileTrouble(spec), familyTrouble(spec), imageTrouble(spec)].flatMap((trouble) => trouble ?? []);
}

/** Returns why nodes of a class get no instance profile. */
export function profileTrouble({ instanceProfile }: Partial<EC2NodeClassSpec>): string | undefined {
  return instanceProfile === undefined
    ? "spec.role needs an instance profile made of it, which this version does not do; set spec.instanceProfile"
    : undefined;
}

/** Returns why nodes of a class get no user data. */
export function familyTrouble({ amiFamily }: Partial<EC2NodeClassSpec>): string | undefined {
  return amiFamily === "AL2023" || amiFamily === "Custom"
    ? undefined
    : `spec.amiFamily ${amiFamily ?? "(none)"} can't be configured by this version; AL2023 and Custom can`;
}

/** Returns which of a class's images are named in a way that isn't looked up. */
export function imageTrouble({ amiSelectorTerms }: Pick<EC2NodeClassSpec, "amiSelectorTerms">): string | undefined {
  const indirect = amiSelectorTerms.map((term) => term.alias ?? term.ssmParameter).find((text) => text !== undefined);
  return indirect === undefined ? undefined : `"${indirect}" can't be resolved by this version; select images by id, name or tags`;
}
