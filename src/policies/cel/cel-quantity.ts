/**
 * Quantities in CEL: Kubernetes' library of that name (quantity, isQuantity and their methods).
 *
 * Registers a type and its functions in an environment. Amounts are exact: nano-units as bigint, as everywhere in the product.
 */
import type { Environment } from "@marcbachmann/cel-js";
import { isQuantity, parseQuantity } from "../../kube/quantity.ts";

const nanoPerUnit = 1_000_000_000n;

/** A class, because the evaluator tells its types apart by their constructors. */
class Quantity {
  readonly nano: bigint;
  constructor(nano: bigint) {
    this.nano = nano;
  }
}

/** Adds quantities to an environment. */
export function registerQuantities(environment: Environment): void {
  environment.registerType("Quantity", Quantity);
  environment
    .registerFunction("quantity(string): Quantity", (text: string) => quantityOf(text))
    .registerFunction("quantity(int): Quantity", (units: bigint) => new Quantity(units * nanoPerUnit))
    .registerFunction("quantity(double): Quantity", (units: number) => quantityOf(String(units)))
    .registerFunction("isQuantity(string): bool", (text: string) => isQuantity(text))
    .registerFunction("Quantity.isInteger(): bool", ({ nano }: Quantity) => nano % nanoPerUnit === 0n)
    .registerFunction("Quantity.asInteger(): int", ({ nano }: Quantity) => {
      if (nano % nanoPerUnit !== 0n) throw new Error("asInteger() of a quantity with a fraction");
      return nano / nanoPerUnit;
    })
    .registerFunction("Quantity.asApproximateFloat(): double", ({ nano }: Quantity) => Number(nano) / Number(nanoPerUnit))
    .registerFunction("Quantity.sign(): int", ({ nano }: Quantity) => signOf(nano))
    .registerFunction("Quantity.add(Quantity): Quantity", (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano))
    .registerFunction("Quantity.add(int): Quantity", (a: Quantity, b: bigint) => new Quantity(a.nano + b * nanoPerUnit))
    .registerFunction("Quantity.sub(Quantity): Quantity", (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano))
    .registerFunction("Quantity.sub(int): Quantity", (a: Quantity, b: bigint) => new Quantity(a.nano - b * nanoPerUnit))
    .registerFunction("Quantity.isLessThan(Quantity): bool", (a: Quantity, b: Quantity) => a.nano < b.nano)
    .registerFunction("Quantity.isGreaterThan(Quantity): bool", (a: Quantity, b: Quantity) => a.nano > b.nano)
    .registerFunction("Quantity.compareTo(Quantity): int", (a: Quantity, b: Quantity) => signOf(a.nano - b.nano))
    .registerOperator("Quantity == Quantity", (a: Quantity, b: Quantity) => a.nano === b.nano);
}

function quantityOf(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return new Quantity(parsed.value);
}

function signOf(nano: bigint): bigint {
  if (nano === 0n) return 0n;
  return nano < 0n ? -1n : 1n;
}
