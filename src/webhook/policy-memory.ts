/**
 * The memory of the policies: which set is in force and which edits were refused, where a restart and every replica find them.
 *
 * Reads and writes one ConfigMap of our own namespace. A write carries the resourceVersion that was read, so that of several replicas one
 * decides about an edit and the others read what it decided. A person puts a refused edit in force all the same by an annotation that
 * names it, which the next write uses up.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { ApiTransport, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { PoliciesInForce } from "./policy-source.ts";

export const policyMemoryName = "plimsoll-policies-in-force";

/** An edit that did not come into force, by the bundle that it would have been. */
export interface RefusedEdit {
  readonly bundle: string;
  readonly because: string;
  readonly at: Instant;
}

export interface PolicyRecord {
  /** The bundle in force, and the text that it was read from. */
  readonly bundle: string;
  readonly inForce: PoliciesInForce;
  /** Newest first. */
  readonly refused: readonly RefusedEdit[];
}

/** A record as it stands. */
export interface StoredRecord extends PolicyRecord {
  readonly resourceVersion: string;
  /** The bundle that a person accepts, refused or not. */
  readonly accepted?: string;
}

export interface PolicyMemory {
  /** Undefined where nothing is recorded yet, or nothing that can be read. */
  read(): Promise<Result<StoredRecord | undefined, string>>;
  /** Writes over the record that was read; "lost" where another was quicker. */
  write(record: PolicyRecord, over: StoredRecord | undefined): Promise<Result<"written" | "lost", string>>;
  /** How a person puts a refused edit in force. */
  acceptCommand(bundle: string): string;
}

/** A ConfigMap holds 1 MiB; policies are texts, of which ten times as many fit. */
const packedBytesMax = 900 * 1024;
const unpackedBytesMax = 32 * 1024 * 1024;
const refusedMax = 8;
const packed = "policies.json.gz";

interface ConfigMap {
  readonly metadata: { readonly resourceVersion?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Opens the memory of a namespace. */
export function policyMemory(options: {
  readonly transport: ApiTransport;
  readonly namespace: string;
  readonly acceptAnnotation: string;
}): PolicyMemory {
  const { transport, namespace, acceptAnnotation } = options;
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const path = `${collection}/${policyMemoryName}`;
  const failed = (problem: string): Result<never, string> => err(`ConfigMap ${namespace}/${policyMemoryName}: ${problem}`);
  // What stands there and can't be read is written over, so its version is remembered.
  const seen = { resourceVersion: undefined as string | undefined };
  return {
    read: async () => {
      const answer = await transport.request({ method: "GET", path });
      seen.resourceVersion = undefined;
      if (!answer.ok) return answer.status === 404 ? ok(undefined) : failed(answer.error.message ?? `GET answered ${answer.status}`);
      const { metadata, binaryData } = answer.body as ConfigMap;
      const { resourceVersion = "" } = metadata;
      seen.resourceVersion = resourceVersion;
      const record = unpack(binaryData?.[packed]);
      if (record === undefined) return ok(undefined);
      const accepted = metadata.annotations?.[acceptAnnotation];
      return ok({ ...record, resourceVersion, ...(accepted === undefined ? {} : { accepted }) });
    },
    write: async (record, over) => {
      const content = pack(record);
      if (content.length > packedBytesMax) return failed(`the policies take ${content.length} bytes, and ${packedBytesMax} can be kept`);
      const resourceVersion = over?.resourceVersion ?? seen.resourceVersion;
      const metadata = {
        name: policyMemoryName,
        namespace,
        labels: { "app.kubernetes.io/name": "plimsoll", "app.kubernetes.io/managed-by": "plimsoll" },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      };
      const { bundle, refused } = record;
      const data = { bundle, refused: refused.map((edit) => `${edit.bundle} ${edit.because}`).join("\n") };
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data, binaryData: { [packed]: content } };
      const answer = await transport.request(
        resourceVersion === undefined ? { method: "POST", path: collection, body } : { method: "PUT", path, body },
      );
      if (answer.ok) return ok("written");
      return answer.status === 409 || answer.status === 404
        ? ok("lost")
        : failed(answer.error.message ?? `write answered ${answer.status}`);
    },
    acceptCommand: (bundle) => `kubectl annotate configmap ${policyMemoryName} -n ${namespace} --overwrite ${acceptAnnotation}=${bundle}`,
  };
}

function pack({ bundle, inForce, refused }: PolicyRecord): string {
  const text = JSON.stringify({ bundle, inForce, refused: refused.slice(0, refusedMax) });
  return gzipSync(text).toString("base64");
}

/** What a person, or another version of ours, left there may be anything. */
function unpack(content: string | undefined): PolicyRecord | undefined {
  if (content === undefined) return undefined;
  try {
    const text = gunzipSync(Buffer.from(content, "base64"), { maxOutputLength: unpackedBytesMax }).toString("utf8");
    const { bundle, inForce, refused } = JSON.parse(text) as Partial<PolicyRecord>;
    if (typeof bundle !== "string" || !Array.isArray(inForce?.files) || !Array.isArray(refused)) return undefined;
    return { bundle, inForce, refused: refused as readonly RefusedEdit[] };
  } catch {
    return undefined;
  }
}
