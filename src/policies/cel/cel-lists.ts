/**
 * Lists in CEL: Kubernetes' library (sum, min, max, isSorted, indexOf, lastIndexOf), and distinct and flatten of CEL's own.
 *
 * Registers functions in an environment. Members must be of one type that has an order, as in Kubernetes.
 */
import type { Environment } from "@marcbachmann/cel-js";

type Ordered = bigint | number | string | boolean;

/** Adds the list functions to an environment. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction("list.sum(): dyn", (list: readonly unknown[]) => sumOf(list))
    .registerFunction("list.min(): dyn", (list: readonly unknown[]) => extreme(list, { name: "min", wanted: -1 }))
    .registerFunction("list.max(): dyn", (list: readonly unknown[]) => extreme(list, { name: "max", wanted: 1 }))
    .registerFunction("list.isSorted(): bool", (list: readonly unknown[]) =>
      list.every((member, index) => index === 0 || compared(list[index - 1], member) <= 0),
    )
    .registerFunction("list.indexOf(dyn): int", (list: readonly unknown[], wanted: unknown) => BigInt(list.indexOf(wanted)))
    .registerFunction("list.lastIndexOf(dyn): int", (list: readonly unknown[], wanted: unknown) => BigInt(list.lastIndexOf(wanted)))
    .registerFunction("list.distinct(): list<dyn>", (list: readonly unknown[]) => [...new Set(list)])
    .registerFunction("list.flatten(): list<dyn>", (list: readonly unknown[]) => list.flat());
}

function sumOf(list: readonly unknown[]): bigint | number {
  if (list.every((member) => typeof member === "bigint")) return list.reduce((sum, member) => sum + member, 0n);
  if (list.every((member) => typeof member === "bigint" || typeof member === "number")) {
    return list.reduce<number>((sum, member) => sum + Number(member), 0);
  }
  throw new Error("sum() of a list that does not hold numbers alone");
}

function extreme(list: readonly unknown[], { name, wanted }: { readonly name: string; readonly wanted: number }): unknown {
  if (list.length === 0) throw new Error(`${name}() of an empty list`);
  return list.reduce((best, member) => (Math.sign(compared(member, best)) === wanted ? member : best));
}

function compared(a: unknown, b: unknown): number {
  if (!isOrdered(a) || !isOrdered(b) || (typeof a !== typeof b && !(isNumber(a) && isNumber(b)))) {
    throw new Error("a list whose members have no order");
  }
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isNumber(value: Ordered): boolean {
  return typeof value === "bigint" || typeof value === "number";
}

function isOrdered(value: unknown): value is Ordered {
  return isNumberOrText(value) || typeof value === "boolean";
}

function isNumberOrText(value: unknown): value is bigint | number | string {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "string";
}
