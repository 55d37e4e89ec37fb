/**
 * PROBE-001: probes that ask a port by a name which their container lacks.
 *
 * Reads the probes of containers and of sidecars. A kubelet looks a name up in the ports of the same container: where it is not there, the
 * probe is never asked, a readinessProbe or startupProbe never succeeds, and a drain waits for a replacement that is never ready.
 */
import type { Container } from "../../api/pod.ts";
import { unmetProbePort } from "../../kube/probe-port.ts";
import { podFieldPath } from "../drain-pod.ts";
import { deploymentManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (port: string): string =>
  deploymentManifest({
    pod: `containers: [{name: app, ports: [{name: http, containerPort: 8080}], readinessProbe: {httpGet: {path: /ready, port: ${port}}}, resources: {requests: {cpu: 100m, memory: 128Mi}}}]`,
  });

export const probe001: Rule = {
  id: "PROBE-001",
  summary: "A probe by the name of a port that its container does not have: the Pod is never ready, and a drain waits for it for ever.",
  defaultAction: "warn",
  why: "Its own rollout shows it at once: the Pods that run stay.",
  needs: ["unmet"],
  subjects: ["workload"],
  examples: { admitted: exampleOf("http"), denied: exampleOf("web") },
  judge: ({ views }) =>
    views.flatMap((view) => {
      const { containers, initContainers = [] } = view.podAsWritten.spec;
      const lists = { containers, initContainers } as const;
      return Object.entries(lists).flatMap(([list, all]) =>
        all.flatMap((container, index): readonly Problem[] => {
          const unmet = unmetProbePort(container);
          if (unmet === undefined) return [];
          const path = `${list}/${index}/${unmet.probe}/${unmet.handler}/port`;
          const then = unmet.probe === "livenessProbe" ? "it is never asked" : "the pod is never ready";
          return [
            {
              path: podFieldPath(view, path),
              message: `container "${container.name}": its ${unmet.probe} asks port "${unmet.port}", which the container does not have: ${then}`,
              fix: fixOf(container),
              ...classOf(view),
            },
          ];
        }),
      );
    }),
};

const namesMax = 5;

function fixOf({ ports = [] }: Container): string {
  const names = ports.flatMap(({ name }) => name ?? []).slice(0, namesMax);
  return names.length === 0 ? "name the container's port so, or use its number" : `use ${names.join(" or ")}, or the port's number`;
}
