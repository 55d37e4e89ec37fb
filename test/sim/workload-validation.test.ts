/** What the API server refuses of a workload, in its words. */
import { describe, expect, it } from "vitest";
import { workloadChecks } from "../../src/sim/validation/workload-validation.ts";

const labels = { app: "db" };

function check({ mount, volumes = [], claims = [] }: { readonly mount: string; readonly volumes?: string[]; readonly claims?: string[] }) {
  const containers = [{ name: "db", image: "db:1", volumeMounts: [{ name: mount, mountPath: "/data" }] }];
  const problems = workloadChecks["statefulsets.apps"]?.({
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, volumes: volumes.map((name) => ({ name })) } },
      volumeClaimTemplates: claims.map((name) => ({ metadata: { name } })),
    },
  });
  return problems?.map(({ field, message }) => `${field}: ${message}`);
}

describe("a StatefulSet's volume mount", () => {
  const refused = (name: string) => [`spec.template.spec.containers[0].volumeMounts[0].name: Not found: "${name}"`];
  it.each([
    ["may name a claim template", { mount: "data", claims: ["data"] }, []],
    ["may name a volume", { mount: "data", volumes: ["data"] }, []],
    ["may name both at once: the claim takes the volume's place", { mount: "data", volumes: ["data"], claims: ["data"] }, []],
    ["may name nothing else", { mount: "data", volumes: ["tmp"], claims: ["logs"] }, refused("data")],
  ])("%s", (_, given, problems) => {
    expect(check(given)).toEqual(problems);
  });
});
