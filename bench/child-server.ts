/**
 * The child's half of a benched server: serves until its parent is gone, and tells what it has used.
 *
 * Reads the certificate from the parent's first message and answers with its port; every later message is answered with CPU
 * time (user and system, all threads) and memory. CPU time is what servers are compared by: it stays true on a machine whose
 * other tenants take turns, where requests a second do not.
 */
export interface ServerCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What a process has used since its start. */
export interface Usage {
  readonly cpuMicros: number;
  readonly memoryBytes: number;
}

/** Runs a server for the parent process; `start` returns the port that it listens on. */
export function serveForParent(start: (certificate: ServerCertificate) => Promise<number>): void {
  process.once("message", (certificate: ServerCertificate) => {
    void start(certificate).then((port) => {
      process.on("message", () => process.send?.(usage()));
      process.send?.({ port });
    });
  });
  process.once("disconnect", () => process.exit(0));
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, memoryBytes: process.memoryUsage().rss };
}
