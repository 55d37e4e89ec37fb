/**
 * Kubelet expressions: settings of an EC2NodeClass's kubelet block that are counted for each instance type, in CEL.
 *
 * Reads the block and a type's facts. Returns the block with numbers and quantities alone, or the sentence that names the field. What may
 * be an expression, its variables, functions and units are those of karpenter-provider-aws 1.15: maxPods, and each of kubeReserved and
 * systemReserved, where cpu is in millicores (rounded up to 10), memory in MiB (rounded up to 16), ephemeral-storage in GiB and pid a count.
 */
import { Environment } from "@marcbachmann/cel-js";
import { err, ok, type Result } from "../api/result.ts";
import { isQuantity } from "../kube/quantity.ts";
import { remembered } from "../kube/remembered.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";

type Block = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<"vcpus" | "memory_mib" | "default_enis" | "ips_per_eni" | "max_pods", bigint>> & {
  readonly instance_type: string;
};

interface KubeletExpression {
  /** Such as "kubeReserved[memory]". */
  readonly field: string;
  readonly text: string;
}

/** An expression is a line, not a program. */
const textMax = 1_024;
const reservedFields = ["kubeReserved", "systemReserved"] as const;
/** Without lists and maps nothing can be walked through, so that an expression ends soon whatever it is. */
const bracketPattern = /[[\]{}]/;
const numberTypes: ReadonlySet<string> = new Set(["int", "uint", "double", "dyn"]);

/** Says which fields of a block are expressions, sorted. */
export function expressionFields(kubelet: unknown): readonly string[] {
  return expressionsOf(kubelet).map(({ field }) => field);
}

/** Returns the first field whose expression can't be read, with why; undefined where all can. */
export function expressionProblem(kubelet: unknown): string | undefined {
  for (const { field, text } of expressionsOf(kubelet)) {
    const compiled = compile(text);
    if (!compiled.ok) return `kubelet.${field}: "${text}" ${compiled.error}`;
  }
  return undefined;
}

/** Returns the block for one type; `podsOf` counts its Pods under a maxPods, or without one. */
export function kubeletFor(
  kubelet: Block | undefined,
  of: { readonly facts: Ec2InstanceFacts; readonly podsOf: (maxPods: number | undefined) => number },
): Result<Block | undefined, string> {
  if (kubelet === undefined || expressionsOf(kubelet).length === 0) return ok(kubelet);
  const compiled = compiledIn(kubelet);
  const { facts, podsOf } = of;
  const { maxPods } = kubelet;
  const counted =
    typeof maxPods === "string"
      ? evaluated({ field: "maxPods", text: maxPods }, compiled, variablesOf(facts, podsOf(undefined)))
      : undefined;
  if (counted?.ok === false) return counted;
  const pods = counted === undefined ? maxPods : Math.floor(counted.value);
  const variables = variablesOf(facts, podsOf(typeof pods === "number" ? pods : undefined));
  const block: Record<string, unknown> = { ...kubelet, ...(pods === undefined ? {} : { maxPods: pods }) };
  for (const field of reservedFields) {
    if (!isBlock(kubelet[field])) continue;
    const reserved = reservedFor({ field, list: kubelet[field] }, compiled, variables);
    if (!reserved.ok) return reserved;
    block[field] = reserved.value;
  }
  return ok(block);
}

function reservedFor(
  { field, list }: { readonly field: string; readonly list: Block },
  compiled: Compiled,
  variables: Variables,
): Result<Block, string> {
  const reserved: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(list)) {
    if (typeof text !== "string" || isQuantity(text)) {
      reserved[name] = text;
      continue;
    }
    const amount = evaluated({ field: `${field}[${name}]`, text }, compiled, variables);
    if (!amount.ok) return amount;
    reserved[name] = quantityOf(name, amount.value);
  }
  return ok(reserved);
}

function quantityOf(name: string, amount: number): string {
  const upTo = (step: number): number => Math.ceil(amount / step) * step;
  switch (name) {
    case "cpu":
      return `${upTo(10)}m`;
    case "memory":
      return `${upTo(16)}Mi`;
    case "ephemeral-storage":
      return `${upTo(1)}Gi`;
    default:
      return String(upTo(1));
  }
}

function evaluated({ field, text }: KubeletExpression, compiled: Compiled, variables: Variables): Result<number, string> {
  const problem = (why: string) => err(`kubelet.${field}: "${text}" ${why} for ${variables.instance_type}`);
  const expression = compiled.get(text) ?? compile(text);
  if (!expression.ok) return problem(expression.error);
  try {
    const amount = Number(expression.value(variables));
    return Number.isFinite(amount) && amount >= 0 ? ok(amount) : problem(`is ${amount}, and must be a number from 0 on,`);
  } catch (thrown) {
    return problem(`can't be evaluated (${firstLine(thrown)})`);
  }
}

type Compiled = ReadonlyMap<string, ReturnType<typeof compile>>;

/** A block is asked about for each of a thousand types. */
const compiledIn = remembered((kubelet: Block): Compiled => new Map(expressionsOf(kubelet).map(({ text }) => [text, compile(text)])));

function compile(text: string): Result<(variables: Variables) => unknown, string> {
  if (text.length > textMax) return err(`is longer than ${textMax} characters`);
  if (bracketPattern.test(text)) return err("has lists or maps; write numbers, variables and conditions");
  try {
    const parsed = openEnvironment().parse(text);
    const checked = parsed.check();
    if (!checked.valid) return err(`is neither a quantity nor an expression that can be read: ${firstLine(checked.error)}`);
    if (!numberTypes.has(checked.type ?? "dyn")) return err(`gives ${checked.type ?? ""}, not a number`);
    return ok((variables): unknown => parsed({ ...variables }));
  } catch (thrown) {
    return err(`is neither a quantity nor an expression that can be read: ${firstLine(thrown)}`);
  }
}

function openEnvironment(): Environment {
  const environment = new Environment();
  for (const name of ["vcpus", "memory_mib", "default_enis", "ips_per_eni", "max_pods"]) environment.registerVariable(name, "int");
  return environment
    .registerVariable("instance_type", "string")
    .registerFunction("min(int, int): int", (a: bigint, b: bigint) => (a < b ? a : b))
    .registerFunction("max(int, int): int", (a: bigint, b: bigint) => (a > b ? a : b))
    .registerFunction("min(double, double): double", (a: number, b: number) => Math.min(a, b))
    .registerFunction("max(double, double): double", (a: number, b: number) => Math.max(a, b));
}

function variablesOf({ name, vcpus, memoryMiB, networkInterfacesMax, ipv4PerInterface }: Ec2InstanceFacts, pods: number): Variables {
  return {
    instance_type: name,
    vcpus: BigInt(vcpus),
    memory_mib: BigInt(memoryMiB),
    default_enis: BigInt(networkInterfacesMax),
    ips_per_eni: BigInt(ipv4PerInterface),
    max_pods: BigInt(pods),
  };
}

function expressionsOf(kubelet: unknown): readonly KubeletExpression[] {
  if (!isBlock(kubelet)) return [];
  const { maxPods } = kubelet;
  const reserved = reservedFields.flatMap((field) => {
    const list = kubelet[field];
    if (!isBlock(list)) return [];
    return Object.keys(list)
      .sort()
      .flatMap((name): KubeletExpression[] => {
        const text = list[name];
        return typeof text === "string" && !isQuantity(text) ? [{ field: `${field}[${name}]`, text }] : [];
      });
  });
  return typeof maxPods === "string" ? [{ field: "maxPods", text: maxPods }, ...reserved] : reserved;
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstLine(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown);
}
