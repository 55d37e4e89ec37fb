/** A Pod's node selector and required affinity become alternatives. */
import { describe, expect, it } from "vitest";
import type { NodeSelectorTerm, PodSpec } from "../../src/api/pod.ts";
import { podRequirements } from "../../src/kube/pod-requirements.ts";
import { formatRequirements } from "../../src/kube/requirements.ts";

describe("a Pod asks for", () => {
  check("any Node without selector and affinity", {}, [""]);
  check("the labels of its selector", { nodeSelector: { class: "batch", zone: "a" } }, ["class In [batch], zone In [a]"]);
  check("each of its terms, with the selector in both", { nodeSelector: { class: "batch" }, terms: [zoneIn("a"), zoneIn("b")] }, [
    "class In [batch], zone In [a]",
    "class In [batch], zone In [b]",
  ]);
  check("nothing that a selector excludes", { nodeSelector: { zone: "b" }, terms: [zoneIn("a")] }, ["zone DoesNotExist"]);
  check("no Node through an empty term", { terms: [{}, zoneIn("a")] }, ["zone In [a]"]);
  check("no Node at all where all terms are empty", { terms: [{}] }, []);
  check("a Node by name under metadata.name", { terms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }] }, [
    "metadata.name In [n1]",
  ]);

  function check(
    title: string,
    of: { readonly nodeSelector?: Record<string, string>; readonly terms?: readonly NodeSelectorTerm[] },
    expected: readonly string[],
  ): void {
    it(title, () => {
      const spec: PodSpec = {
        containers: [],
        ...(of.nodeSelector === undefined ? {} : { nodeSelector: of.nodeSelector }),
        ...(of.terms === undefined
          ? {}
          : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: of.terms } } } }),
      };
      expect(podRequirements(spec).map(formatRequirements)).toEqual(expected);
    });
  }
});

function zoneIn(...values: readonly string[]): NodeSelectorTerm {
  return { matchExpressions: [{ key: "zone", operator: "In", values }] };
}
