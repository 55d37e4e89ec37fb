/**
 * `plimsoll review` counts the types of a pool where no zone is named, and by a table that is given.
 */
import { expect, it } from "vitest";
import { folderOf, runPlimsoll } from "./program-run.ts";

const pool = (family: string, more = ""): string => `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu-pool}
spec:
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      requirements:
        - {key: karpenter.k8s.aws/instance-family, operator: In, values: [${family}]}
${more}`;
const inSingapore = "        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a]}\n";

async function categories(text: string, ...options: readonly string[]): Promise<string | undefined> {
  const { stdout } = await runPlimsoll(["review", folderOf({ "pool.yaml": text }), ...options]);
  return /instance categories +(.*)/.exec(stdout)?.[1];
}

it("counts types that the catalog's own region does not sell, as long as no zone is named", async () => {
  expect(await categories(pool("g6e"))).toBe("family In g6e (8 types)");
  expect(await categories(pool("g6e", inSingapore))).toBe("family In g6e (0 types)");
});

it("counts by a table of instance types that it is given", async () => {
  const table = `source: by hand
region: eu-west-1
date: 2026-11-01
name|vCPUs|MiB|arch|manufacturer|MHz|hypervisor|flags|interfaces|IPv4|network Mbps|EBS Mbps|EBS volumes|disk GB|GPUs|Neuron|EFA|zones
m7i.large|2|8192|amd64|intel|3200|nitro|eos|3|10|781|650|32|||||a b
`;
  const folder = folderOf({ "types.txt": table });
  expect(await categories(pool("m7i"), "--catalog", `${folder}/types.txt`)).toBe("family In m7i (1 type)");
  const gone = await runPlimsoll(["review", folderOf({ "pool.yaml": pool("m7i") }), "--catalog", `${folder}/gone.txt`]);
  expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("gone.txt: can't be read (ENOENT)")]);
});

it("plan does not say that there is no NodePool where one was refused", async () => {
  const refused = pool("m7i").replace("operator: In", "operator: Inn");
  const { code, stderr } = await runPlimsoll(["plan", folderOf({ "pool.yaml": refused })]);
  expect(code).toBe(2);
  expect(stderr).toContain("note: every NodePool among the files is refused, as told above, so no node can be planned");
});
