/**
 * Replicas of `plimsoll serve` behind one Service, for tests: a forwarder that learns of a change a second late, as kube-proxy does.
 */
import type { ControlPlane } from "./control-plane.ts";
import { type ServeOptions, type ServeProcess, startServe } from "./plimsoll-serve.ts";
import { type ServiceForwarder, startServiceForwarder } from "./service-forwarder.ts";

export interface Replicas {
  readonly service: ServiceForwarder;
  /** Those that run, as far as nobody said that they are gone. */
  list(): readonly ServeProcess[];
  /** Starts one more; it gets connections once it was seen ready for the lag. */
  add(): Promise<ServeProcess>;
  /** Says that a replica is gone; the Service forgets it with the next one that comes. */
  drop(replica: ServeProcess | undefined): void;
  close(): Promise<void>;
}

/** How long a replica answers after SIGTERM: the Service needs a second to learn of it, and a busy machine more. */
const lameDuckSeconds = "3";

/** Starts this many replicas and returns once all are ready. */
export async function startReplicas(
  options: Omit<ServeOptions, "port"> & { readonly controlPlane: ControlPlane; readonly count: number },
): Promise<Replicas> {
  const service = await startServiceForwarder({ backends: [] });
  let replicas: readonly ServeProcess[] = [];
  const forward = (): void => {
    service.setBackends(replicas.map(({ port }) => ({ port, readyzUrl: `https://127.0.0.1:${port}/readyz` })));
  };
  const args = ["--webhook-url", `https://127.0.0.1:${service.port}`, "--lame-duck", lameDuckSeconds, ...(options.args ?? [])];
  const start = () => startServe({ ...options, args });
  const add = async (): Promise<ServeProcess> => {
    const started = await start();
    replicas = [...replicas, started];
    forward();
    return started;
  };
  await Promise.all(Array.from({ length: options.count }, add));
  return {
    service,
    add,
    list: () => replicas,
    drop: (gone) => {
      replicas = replicas.filter((replica) => replica !== gone);
    },
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.stop("SIGKILL")));
      await service.close();
    },
  };
}
