/**
 * Generates src/catalog/generated/prices.ts: the on-demand prices that Karpenter's AWS provider carries.
 *
 * Reads its files zz_generated.pricing_aws.go and zz_generated.pricing_aws_us_gov.go (Apache License 2.0; AWS' Pricing API is where it has the
 * prices from). Writes one file, a line a family: `tsx scripts/generate-prices.ts FOLDER`, where FOLDER is pkg/providers/pricing of a checkout.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = ["zz_generated.pricing_aws.go", "zz_generated.pricing_aws_us_gov.go"];
const output = join(import.meta.dirname, "..", "src", "catalog", "generated", "prices.ts");
const source = "pkg/providers/pricing of github.com/aws/karpenter-provider-aws";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("name the folder: tsx scripts/generate-prices.ts FOLDER");
const text = files.map((file) => regionsOf(readFileSync(join(folder, file), "utf8"))).join("");
writeFileSync(
  output,
  `/**
 * On-demand prices of regions, as ${source} has them from AWS' Pricing API. Written by scripts/generate-prices.ts; don't edit.
 */
export const recordedPrices = {
  text: \`${text.trimEnd()}\`,
};
`,
);

/** "region date", then a line a family: "m5 large=0.096 xlarge=0.192". */
function regionsOf(go: string): string {
  const date = /generated at (\d{4}-\d{2}-\d{2})T/.exec(go)?.[1];
  if (date === undefined) throw new Error("no line says when the prices were generated");
  return go
    .split(/^\t"(?=[a-z]+(?:-[a-z]+)+-\d+": \{$)/m)
    .slice(1)
    .map((section) => {
      const region = /^([a-z0-9-]+)"/.exec(section)?.[1] ?? "";
      const families = new Map<string, string[]>();
      for (const [, family = "", size = "", price = ""] of section.matchAll(/"([a-z0-9-]+)\.([a-z0-9-]+)": (\d+\.\d+)/g))
        families.set(family, [...(families.get(family) ?? []), `${size}=${Number(price)}`]);
      const lines = [...families].map(([family, sizes]) => `${family} ${sizes.join(" ")}`);
      return `${[`${region} ${date}`, ...lines].join("\n")}\n`;
    })
    .join("");
}
