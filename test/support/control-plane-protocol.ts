// Codec of what the control plane's `up` prints and logs: unknown JSON in, typed values out.
//
// Reads one line of `up`'s standard output, the audit log, or an issued token. A line of another shape is a fault of ours (both sides are in this
// repository), so it throws.

export type Component = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kwok";

/** What `up` says when every component is ready; paths are absolute. */
export type ReadyLine = {
  readonly readyMs: number;
  readonly version: string;
  readonly pid: number;
  readonly pids: Readonly<Partial<Record<Component, number>>>;
  readonly dir: string;
  readonly server: string;
  readonly caFile: string;
  readonly token: string;
  readonly kubeconfig: string;
  readonly kubectlPath: string;
  readonly auditLog: string;
  readonly ports: Readonly<Record<Component | "etcdPeer", number>>;
};

export type UpLine =
  | { readonly kind: "ready"; readonly ready: ReadyLine }
  | { readonly kind: "failed"; readonly error: string }
  | { readonly kind: "answer"; readonly id: number; readonly error: string | undefined }
  | { readonly kind: "ended"; readonly component: string; readonly error: string };

/** One event of the audit log, at level Metadata: who asked what of which object, and how it was answered. */
export type AuditEvent = {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string; readonly message?: string };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

export function decodeUpLine(text: string): UpLine {
  const line = decodeObject(text);
  if (line["ready"] === true) return { kind: "ready", ready: line as unknown as ReadyLine };
  if (line["ready"] === false) return { kind: "failed", error: String(line["error"]) };
  if (line["event"] === "ended") return { kind: "ended", component: String(line["component"]), error: String(line["error"]) };
  if (typeof line["id"] === "number")
    return { kind: "answer", id: line["id"], error: line["ok"] === true ? undefined : String(line["error"]) };
  throw new Error(`the control plane printed a line that nothing here understands: ${text}`);
}

/** Decodes the audit log's text; a last line that is still being written is left out. */
export function decodeAuditLog(text: string): readonly AuditEvent[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => decodeObject(line) as unknown as AuditEvent);
}

/** The token in a TokenRequest that the API server has answered. */
export function decodeIssuedToken(answer: unknown): string | undefined {
  return (answer as { readonly status?: { readonly token?: string } } | null)?.status?.token;
}

function decodeObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`no JSON object: ${text}`);
  return value as Readonly<Record<string, unknown>>;
}
