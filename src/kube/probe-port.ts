/**
 * Probe port: the name by which a probe asks for a port, where its container has none of that name.
 *
 * Reads a container. Returns the first such probe, as a kubelet reads it (resolveContainerPort of pkg/kubelet/util: a port is a number, or a
 * name among the ports of the same container).
 */
import type { Container } from "../api/pod.ts";

export interface UnmetProbe {
  readonly probe: "readinessProbe" | "livenessProbe" | "startupProbe";
  readonly handler: "httpGet" | "tcpSocket";
  readonly port: string;
}

const probes = ["readinessProbe", "startupProbe", "livenessProbe"] as const;
const handlers = ["httpGet", "tcpSocket"] as const;

/** Returns the first probe of a container that asks a port by a name which the container lacks. */
export function unmetProbePort(container: Container): UnmetProbe | undefined {
  for (const probe of probes) {
    const asked: unknown = container[probe];
    if (!isRecord(asked)) continue;
    for (const handler of handlers) {
      const at = asked[handler];
      const port = isRecord(at) ? at["port"] : undefined;
      if (typeof port !== "string" || /^\d+$/.test(port)) continue;
      if (!(container.ports ?? []).some(({ name }) => name === port)) return { probe, handler, port };
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
