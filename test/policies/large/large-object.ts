/**
 * Large objects: any object that a schema allows, with its lists and maps filled up to so many bytes.
 *
 * Reads a schema (built-in or of a CRD) and random numbers. Returns objects in which one list or map, or several side by side or one in
 * the other, take all the room. Words that decide something (operators, label keys, names that a Pod's label has) are drawn from those
 * that mean something, so that rules don't stop at the first look.
 */
import type { Schema } from "../../../src/sim/schema.ts";

/** The way to a list or a map: member names, and "[]" or "*" for the members of a list or a map. */
export type Way = readonly string[];

type Random = () => number;

/** What objects are filled from. */
export interface Filling {
  readonly random: Random;
  /** How many bytes of JSON the object may have, about. */
  readonly bytesMax: number;
}

const depthMax = 14;

/** Returns the ways to every list and map of a schema; a type within itself is followed once. */
export function waysOf(schema: Schema, at: Way = [], seen: readonly string[] = []): readonly Way[] {
  const within = schema.reference === undefined ? seen : [...seen, schema.reference];
  if (at.length > depthMax || (schema.reference !== undefined && seen.includes(schema.reference))) return [];
  const inner: Way[] = [];
  for (const [name, field] of schema.properties ?? []) if (name !== "status") inner.push(...waysOf(field, [...at, name], within));
  if (schema.items !== undefined) inner.push(at, ...waysOf(schema.items, [...at, "[]"], within));
  if (schema.values !== undefined) inner.push(at, ...waysOf(schema.values, [...at, "*"], within));
  return inner;
}

/** Fills an object at some ways, which share the room; `base` says what it must have. */
export function filledObject(schema: Schema, base: object, of: Filling & { readonly ways: readonly Way[] }): object {
  const object = structuredClone(base) as Record<string, unknown>;
  const room = (of.bytesMax - JSON.stringify(object).length - 2_000) / of.ways.length;
  for (const way of of.ways) fillAt({ value: object, schema, way }, { random: of.random, room, richness: Math.floor(of.random() * 4) });
  return object;
}

interface Place {
  readonly value: Record<string, unknown>;
  readonly schema: Schema;
  readonly way: Way;
}

interface Making {
  readonly random: Random;
  readonly room: number;
  /** 0: only what each member must have; else inner lists have a few members, too. */
  readonly richness: number;
}

function fillAt({ value, schema, way }: Place, making: Making): void {
  const [name = "", ...rest] = way;
  const field = schema.properties?.get(name);
  if (field === undefined) return;
  if (rest.length === 0) {
    value[name] = filled(field, { name, known: value[name], making });
    return;
  }
  const [member, ...below] = rest;
  if (member !== "[]" && member !== "*") {
    const inner = isRecord(value[name])
      ? value[name]
      : (sample(field, { name, index: 0, making: sparse(making) }) as Record<string, unknown>);
    value[name] = inner;
    fillAt({ value: inner, schema: field, way: rest }, making);
    return;
  }
  fillMembers({ value, name, field, below }, making);
}

/** A list in a list: few members that are long, or many that are short. */
function fillMembers(
  {
    value,
    name,
    field,
    below,
  }: { readonly value: Record<string, unknown>; readonly name: string; readonly field: Schema; readonly below: Way },
  making: Making,
): void {
  const memberSchema = field.items ?? field.values;
  if (memberSchema === undefined) return;
  const wanted = [1, 1, 4, 30, 200, 1_000][Math.floor(making.random() * 6)] ?? 1;
  const count = Math.max(1, Math.min(wanted, mostOf(field), Math.floor(making.room / 100)));
  const known = Array.isArray(value[name]) ? (value[name] as unknown[]) : isRecord(value[name]) ? Object.values(value[name]) : [];
  const room = making.room / count;
  const members: Record<string, unknown>[] = [];
  for (let index = 0; index < count; index++) {
    const old = known[index];
    const member = isRecord(old) ? old : sample(memberSchema, { name, index, making: sparse(making) });
    if (!isRecord(member)) return;
    if (room > 40 && below.length > 0) fillAt({ value: member, schema: memberSchema, way: below }, { ...making, room: room - 100 });
    members.push(member);
  }
  value[name] = field.items === undefined ? Object.fromEntries(members.map((member, index) => [keyOf(name, index), member])) : members;
}

function filled(
  field: Schema,
  { name, known, making }: { readonly name: string; readonly known: unknown; readonly making: Making },
): unknown {
  let left = making.room;
  if (field.items !== undefined) {
    const list: unknown[] = Array.isArray(known) ? [...(known as unknown[])] : [];
    for (let index = list.length; left > 0 && index < mostOf(field); index++) {
      const member = sample(field.items, { name, index, making });
      left -= JSON.stringify(member).length + 1;
      list.push(member);
    }
    return list;
  }
  const map: Record<string, unknown> = isRecord(known) ? { ...known } : {};
  for (let index = 0; field.values !== undefined && left > 0 && index < mostOf(field); index++) {
    const key = keyOf(name, index);
    const member = sample(field.values, { name, index, making });
    left -= JSON.stringify(member).length + key.length + 4;
    map[key] = member;
  }
  return map;
}

/** What a CRD's schema bounds, the API server refuses before anybody is asked. */
function mostOf({ source }: Schema): number {
  const { maxItems, maxProperties } = (source ?? {}) as { readonly maxItems?: number; readonly maxProperties?: number };
  return maxItems ?? maxProperties ?? Number.POSITIVE_INFINITY;
}

function sparse(making: Making): Making {
  return { ...making, richness: 0 };
}

interface Member {
  readonly name: string;
  readonly index: number;
  readonly making: Making;
}

/** One value of a schema: what it must have, and of the rest what its richness says. */
function sample(schema: Schema, member: Member, depth = 0): unknown {
  const { name, index, making } = member;
  switch (schema.type) {
    case "object":
      return sampleObject(schema, member, depth);
    case "array": {
      const count = depth > 3 ? 1 : ([0, 1, 3, 12][making.richness] ?? 1);
      return Array.from({ length: Math.max(1, count) }, (_, inner) =>
        sample(schema.items ?? schema, { ...member, index: index * 13 + inner }, depth + 1),
      );
    }
    case "boolean":
      return making.random() < 0.5;
    case "integer":
    case "number":
      return numberOf(name, member);
    case "int-or-string":
      return making.random() < 0.7 ? numberOf(name, member) : `${index % 100}%`;
    case "quantity":
      return `${1 + (index % 7)}m`;
    case "date-time":
    case "micro-time":
      return "2026-11-01T08:00:00Z";
    case "byte":
      return "AAAA";
    case "string":
      return textOf(name, member, schema);
    case "any":
      return { x: index };
  }
}

function numberOf(name: string, { index, making: { random } }: Member): number {
  if (/port/i.test(name)) return 1 + (index % 65_000);
  return random() < 0.1 ? 1_000_000 : 1 + (index % 50);
}

/** Members that rules look at come with most others. */
const telling =
  /^(name|key|operator|values?|effect|matchExpressions|matchLabels|labelSelector|topologyKey|weight|image|nodeSelectorTerms|selector|containerPort|whenUnsatisfiable|maxSkew|mountPath|claimName|protocol|type)$/;

function sampleObject(schema: Schema, member: Member, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, field] of schema.properties ?? []) {
    const chance = depth > 4 ? 0 : (member.making.richness * 0.3) / (1 + depth);
    const isTold = telling.test(name) && depth < 5;
    if (name === "status" || (!schema.required.includes(name) && !isTold && member.making.random() >= chance)) continue;
    made[name] = sample(field, { ...member, name }, depth + 1);
  }
  if (schema.values !== undefined) for (const inner of [0, 1]) made[keyOf(member.name, inner)] = sample(schema.values, member, depth + 1);
  return made;
}

const labelKeys = [
  ...["topology.kubernetes.io/zone", "kubernetes.io/arch", "karpenter.k8s.aws/instance-cpu", "node.kubernetes.io/instance-type"],
  ...["karpenter.sh/capacity-type", "workload-class", "kubernetes.io/hostname", "app", "team"],
];

const wordsOf: Readonly<Record<string, readonly string[]>> = {
  operator: ["In", "NotIn", "Exists", "DoesNotExist", "In", "NotIn", "Gt"],
  effect: ["NoSchedule", "NoExecute", "PreferNoSchedule"],
  topologyKey: ["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"],
  whenUnsatisfiable: ["DoNotSchedule", "ScheduleAnyway"],
  protocol: ["TCP", "UDP"],
  kind: ["Deployment", "EC2NodeClass"],
  schedule: ["0 4 * * *", "*/5 * * * *", "0 0 1 1 *"],
  duration: ["1h", "30m"],
};

function textOf(name: string, { index, making: { random } }: Member, schema: Schema): string {
  const words = wordsOf[name];
  if (words !== undefined && !(name === "operator" && schema.goType === "any")) return words[Math.floor(random() * words.length)] ?? "";
  const allowed = (schema.source as { readonly enum?: readonly string[] } | undefined)?.enum;
  if (allowed !== undefined && allowed.length > 0) return allowed[index % allowed.length] ?? "";
  if (name === "key" && random() < 0.7) return labelKeys[Math.floor(random() * labelKeys.length)] ?? "";
  if (name === "values" && random() < 0.2) return "web";
  return `${name.slice(0, 1)}${index}`;
}

function keyOf(name: string, index: number): string {
  if (name === "requests" || name === "limits") return index < 2 ? (["cpu", "memory"][index] ?? "") : `example.com/r${index}`;
  return index === 0 && /labels|nodeSelector/i.test(name) ? "app" : `k${index}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
