/**
 * List prices of EC2, for the cases on the real catalogue: those that Karpenter's own AWS provider is published with.
 *
 * Reads the pinned Go module by the Go command, as it is published; nothing of it is built. Returns on-demand prices of one region. Both
 * schedulers buy at them, so what matters is that they are AWS's and cover every type, GPUs included.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Prices } from "../../src/catalog/prices.ts";
import { catalogZones } from "../../src/catalog/zones.ts";
import { runBuild } from "../peers/peer-build.ts";

const module = "github.com/aws/karpenter-provider-aws@v1.14.1";
const file = "pkg/providers/pricing/zz_generated.pricing_aws.go";

const listPriceRegion = "us-east-1";

/** What EC2 is taken to sell. */
export interface Market {
  readonly zones: readonly string[];
  /** The catalogue's own where none are given. */
  readonly prices?: Prices;
}

const reasonCharactersMax = 300;

/** Returns the list prices' region; the catalogue's own where they can't be had. The note tells which. */
export async function openMarket(): Promise<{ readonly market: Market; readonly note: string }> {
  try {
    const prices = await listPrices();
    return { market: { zones: ["a", "b", "c"].map((zone) => `${listPriceRegion}${zone}`), prices }, note: `prices: ${prices.asOf}` };
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, reasonCharactersMax);
    return {
      market: { zones: catalogZones },
      note: `prices: the catalogue's own table, without GPUs, since the list can't be had: ${reason}`,
    };
  }
}

/** Throws where the module can't be had, as without Go or a network. */
async function listPrices(): Promise<Prices> {
  const answer = await runBuild("go", { args: ["mod", "download", "-json", module], cwd: import.meta.dirname });
  const { Dir } = JSON.parse(answer) as { readonly Dir: string };
  return parseListPrices(readFileSync(join(Dir, file), "utf8"), listPriceRegion);
}

/** Reads the on-demand prices of one region from the Go file's text: a map of regions, each a map of types to prices. */
export function parseListPrices(text: string, region: string): Prices {
  const asOf = /^\/\/ generated at (\S+)/m.exec(text)?.[1];
  const section = text.split(`\n\t"${region}": {\n`)[1]?.split("\n\t},\n")[0];
  if (asOf === undefined || section === undefined) throw new Error(`${file} of ${module} has no prices of ${region}`);
  const prices = new Map([...section.matchAll(/"([a-z0-9.-]+)": (\d+\.\d+)/g)].map(([, name = "", price]) => [name, Number(price)]));
  return { asOf: `${module}, of ${asOf}`, onDemand: (instanceType) => prices.get(instanceType), spot: () => undefined };
}
