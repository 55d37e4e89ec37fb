/**
 * The market of the end-to-end bench: the 144 types that Karpenter's kwok provider offers by itself.
 *
 * Returns them in the JSON that both tools read (`--kwok-instance-types`, INSTANCE_TYPES_FILE_PATH), and what a bought node has and costs.
 * A price is 0.025 USD an hour for each CPU and 0.001 for each 1e9 bytes of memory, Spot at 0.7 of it.
 */
import { capacityTypeLabel, zoneLabel } from "../../src/api/labels.ts";

const sizes = [1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256];
const gibibytesPerCpu = { c: 2, s: 4, m: 8 } as const;
const systems = ["linux", "windows"];
const architectures = ["amd64", "arm64"];
const podsPerCpu = 16;
const podsMax = 1024;
const spotShare = 0.7;
export const marketZones = ["test-zone-a", "test-zone-b", "test-zone-c", "test-zone-d"] as const;

interface Requirement {
  readonly key: string;
  readonly operator: "In";
  readonly values: readonly string[];
}

export interface MarketType {
  readonly name: string;
  readonly offerings: readonly { readonly Price: number; readonly Available: true; readonly Requirements: readonly Requirement[] }[];
  readonly architecture: string;
  readonly operatingSystems: readonly string[];
  readonly resources: { readonly cpu: string; readonly memory: string; readonly pods: string; readonly "ephemeral-storage": string };
}

/** What a node has, and what it costs. */
export interface Bought {
  readonly vcpu: number;
  readonly pricePerHour: number;
}

/** Returns every type; JSON.stringify makes the file. */
export function marketTypes(): readonly MarketType[] {
  return sizes.flatMap((cpu) =>
    Object.entries(gibibytesPerCpu).flatMap(([family, perCpu]) =>
      systems.flatMap((system) =>
        architectures.map((architecture) => marketType({ cpu, family, gibibytes: cpu * perCpu, system, architecture })),
      ),
    ),
  );
}

function marketType(of: {
  readonly cpu: number;
  readonly family: string;
  readonly gibibytes: number;
  readonly system: string;
  readonly architecture: string;
}): MarketType {
  const { cpu, gibibytes, system, architecture } = of;
  const pricePerHour = 0.025 * cpu + (0.001 * gibibytes * 1024 ** 3) / 1e9;
  return {
    name: `${of.family}-${cpu}x-${architecture}-${system}`,
    offerings: marketZones.flatMap((zone) => [
      offering(pricePerHour * spotShare, { zone, capacityType: "spot" }),
      offering(pricePerHour, { zone, capacityType: "on-demand" }),
    ]),
    architecture,
    operatingSystems: [system],
    resources: {
      cpu: String(cpu),
      memory: `${gibibytes}Gi`,
      pods: String(Math.min(cpu * podsPerCpu, podsMax)),
      "ephemeral-storage": "20Gi",
    },
  };
}

function offering(
  Price: number,
  { zone, capacityType }: { readonly zone: string; readonly capacityType: string },
): MarketType["offerings"][number] {
  const Requirements = [within(capacityTypeLabel, capacityType), within(zoneLabel, zone)];
  return { Price, Available: true, Requirements };
}

function within(key: string, value: string): Requirement {
  return { key, operator: "In", values: [value] };
}

/** Returns what a node with these labels has and costs; throws where the market has no such node. */
export function boughtBy(labels: Readonly<Record<string, string>>): Bought {
  const type = marketTypes().find(({ name }) => name === labels["node.kubernetes.io/instance-type"]);
  const offered = type?.offerings.find(({ Requirements }) => Requirements.every(({ key, values }) => values.includes(labels[key] ?? "")));
  if (type === undefined || offered === undefined) throw new Error(`the market sells no such node: ${JSON.stringify(labels)}`);
  return { vcpu: Number(type.resources.cpu), pricePerHour: offered.Price };
}
