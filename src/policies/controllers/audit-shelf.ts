/**
 * The shelf of our reports: where they stand in the cluster, and what each says now.
 *
 * Reads and writes PolicyReports by their paths, since a cluster serves one of two APIs or none. What it remembers is a copy of
 * the hash on each report; it is read again from time to time, so that a report that somebody edits or deletes comes back.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { ApiStatus } from "../../api/api-status.ts";
import { apiVersionOf, resourcePath } from "../../api/kinds.ts";
import { auditFieldManager } from "../../api/labels.ts";
import { reportApis, type ReportApi, type ReportContent, type ReportKind } from "../../api/policy-report.ts";
import type { Clock } from "../../api/ports.ts";
import { err, ok, type Result } from "../../api/result.ts";
import { reportHashAnnotation, reportLabel, reportName } from "../audit-report.ts";

/** The reports of ours that stand: hash by namespace, "" for the cluster's own. */
export type StandingReports = ReadonlyMap<string, string>;

export interface ReportShelf {
  /** The standing reports, or undefined where the cluster serves no report API; the error is that of the list. */
  look(): Promise<Result<StandingReports | undefined, ApiStatus>>;
  /** Puts a report where it stands by its namespace, over the one that is there. */
  put(namespace: string, report: ReportContent): Promise<Result<undefined, ApiStatus>>;
  /** Takes the report of a namespace away; fine where there is none. */
  take(namespace: string): Promise<Result<undefined, ApiStatus>>;
}

export interface ReportShelfPorts {
  readonly client: Pick<ApiClient, "request">;
  readonly clock: Clock;
  readonly domain: string;
  /** Called once for each time that the cluster is found to serve no report API after it was not known. */
  readonly onAbsent: () => void;
}

/** How long the copy is trusted. */
const trustMs = 300_000;
const pageMax = 500;
const pagesMax = 200;

interface Copy {
  readonly at: number;
  readonly api: ReportApi | undefined;
  readonly hashes: Map<string, string>;
}

/** Opens the shelf; nothing is read before the first look. */
export function reportShelf(ports: ReportShelfPorts): ReportShelf {
  const { client, clock, domain } = ports;
  const held: { copy?: Copy; reading: Promise<Result<Copy, ApiStatus>> | undefined } = { reading: undefined };

  const read = async (): Promise<Result<Copy, ApiStatus>> => {
    const fresh = await readCopy(ports).finally(() => (held.reading = undefined));
    if (!fresh.ok) return fresh;
    if (fresh.value.api === undefined && (held.copy === undefined || held.copy.api !== undefined)) ports.onAbsent();
    held.copy = fresh.value;
    return fresh;
  };
  const current = (): Promise<Result<Copy, ApiStatus>> => {
    if (held.copy !== undefined && clock.now() - held.copy.at < trustMs) return Promise.resolve(ok(held.copy));
    return (held.reading ??= read());
  };

  return {
    look: async () => {
      const copy = await current();
      return copy.ok ? ok(copy.value.api === undefined ? undefined : copy.value.hashes) : copy;
    },
    put: async (namespace, report) => {
      const copy = await current();
      if (!copy.ok) return copy;
      const kind = kindFor(copy.value.api, namespace);
      if (kind === undefined) return ok(undefined);
      const answer = await client.request({
        method: "PATCH",
        path: pathOf(kind, namespace),
        query: { fieldManager: auditFieldManager, force: "true" },
        contentType: "application/apply-patch+yaml",
        body: { apiVersion: apiVersionOf(kind), kind: kind.kind, ...report },
      });
      if (!answer.ok) return err(answer.error);
      copy.value.hashes.set(namespace, report.metadata.annotations?.[reportHashAnnotation(domain)] ?? "");
      return ok(undefined);
    },
    take: async (namespace) => {
      const copy = await current();
      if (!copy.ok) return copy;
      const kind = kindFor(copy.value.api, namespace);
      if (kind === undefined) return ok(undefined);
      const answer = await client.request({ method: "DELETE", path: pathOf(kind, namespace) });
      if (!answer.ok && answer.status !== 404) return err(answer.error);
      copy.value.hashes.delete(namespace);
      return ok(undefined);
    },
  };
}

/** Asks for each API in turn: the first that is served is ours, with every report of ours in it. */
async function readCopy({ client, clock, domain }: ReportShelfPorts): Promise<Result<Copy, ApiStatus>> {
  const at = clock.now();
  for (const api of reportApis) {
    const hashes = new Map<string, string>();
    const listed = await listInto(hashes, { client, kinds: [api.namespaced, api.cluster], domain });
    if (listed.ok) return ok({ at, api, hashes });
    if (listed.error.code !== 404) return listed;
  }
  return ok({ at, api: undefined, hashes: new Map() });
}

async function listInto(
  hashes: Map<string, string>,
  of: { readonly client: Pick<ApiClient, "request">; readonly kinds: readonly ReportKind[]; readonly domain: string },
): Promise<Result<undefined, ApiStatus>> {
  const labelSelector = Object.entries(reportLabel)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  for (const kind of of.kinds) {
    let next = "";
    for (let page = 0; page < pagesMax; page += 1) {
      const query = { labelSelector, limit: String(pageMax), ...(next === "" ? {} : { continue: next }) };
      const answer = await of.client.request({ method: "GET", path: resourcePath(kind), query });
      if (!answer.ok) return err(answer.error);
      for (const item of itemsOf(answer.body)) {
        const metadata = memberOf(item, "metadata");
        if (memberOf(metadata, "name") !== reportName) continue;
        const hash = memberOf(memberOf(metadata, "annotations"), reportHashAnnotation(of.domain));
        hashes.set(textOf(memberOf(metadata, "namespace")), textOf(hash));
      }
      next = textOf(memberOf(memberOf(answer.body, "metadata"), "continue"));
      if (next === "") break;
    }
  }
  return ok(undefined);
}

function kindFor(api: ReportApi | undefined, namespace: string): ReportKind | undefined {
  return namespace === "" ? api?.cluster : api?.namespaced;
}

function pathOf(kind: ReportKind, namespace: string): string {
  return resourcePath(kind, { namespace, name: reportName });
}

function itemsOf(list: unknown): readonly unknown[] {
  const items = memberOf(list, "items");
  return Array.isArray(items) ? items : [];
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
