/**
 * Filters of EC2's Describe calls, from the terms of an EC2NodeClass.
 *
 * Reads ids and tags. Returns filters, which must all hold; the value "*" of a tag means any.
 */
import type { Filter } from "@aws-sdk/client-ec2";

/** Returns the filter of some values; none where there are none. */
export function idFilter(name: string, values: readonly string[]): readonly Filter[] {
  return values.length === 0 ? [] : [{ Name: name, Values: [...values] }];
}

/** Returns a filter for each tag. */
export function tagFilters(tags: Readonly<Record<string, string>> = {}): readonly Filter[] {
  return Object.entries(tags).map(([key, value]) =>
    value === "*" ? { Name: "tag-key", Values: [key] } : { Name: `tag:${key}`, Values: [value] },
  );
}
