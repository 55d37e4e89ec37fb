/**
 * Paged list: a whole collection of the API server, page by page, each page of about the same size in bytes.
 *
 * Reads ApiTransport. Hands each item over as it was decoded, and returns the version of the list. The first page is short and the next
 * ones grow while their items are small: five hundred objects of 1.5 MB would be one answer of 700 MB. A page that fails or does not come
 * is asked for again at half its size, down to one object: what was too much for the API server, the network or us stays too much.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "../api/ports.ts";
import { decodeListPage } from "./wire-object.ts";

export const listPageFirst = 16;
export const listPageMax = 500;
/** A page grows no faster than this, since the next items may be larger than those before. */
const pageGrowthMax = 4;
const pageBytesWanted = 8 * 1024 * 1024;
/** A list of more pages than this is a server that never ends its continue tokens. */
const listPagesMax = 100_000;

export interface PagedListRequest<T extends object> {
  readonly transport: ApiTransport;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** False to ask for the whole collection at once: slow, but it cannot expire between two pages. */
  readonly isPaged: boolean;
  readonly decode: (item: unknown) => T | undefined;
  /** Reads an item that is too long to be parsed at once; it is decoded like any other. */
  readonly readLarge?: NonNullable<ApiRequest["readLarge"]>;
}

export type PagedList =
  | { readonly kind: "listed"; readonly version: string }
  | { readonly kind: "failed"; readonly status: ApiStatus }
  /** `take` wanted no more. */
  | { readonly kind: "stopped" };

/** Lists a collection; `take` gets each item (undefined: it could not be decoded), page by page, and says whether to go on. */
export async function pagedList<T extends object>(of: PagedListRequest<T>, take: (item: T | undefined) => boolean): Promise<PagedList> {
  const { path, signal, isPaged } = of;
  const next = { limit: listPageFirst, most: listPageMax, continueToken: "" };
  let version: string | undefined;
  for (let pages = 0; pages < listPagesMax; pages++) {
    const page = { bytes: 0, decoded: new WeakSet<object>() };
    const answer = await requestPage(of, next, page);
    if (!answer.ok && isPaged && next.limit > 1 && isTooMuch(answer.status) && signal?.aborted !== true) {
      next.most = next.limit = Math.floor(next.limit / 2);
      continue;
    }
    if (!answer.ok) return { kind: "failed", status: { ...answer.error, code: answer.status } };
    const { items, resourceVersion, continueToken } = decodeListPage(answer.body);
    for (const item of items) if (!take(isIn(page.decoded, item) ? (item as T) : of.decode(item))) return { kind: "stopped" };
    // All pages show the moment of the first one.
    version ??= resourceVersion;
    if (continueToken === "") return { kind: "listed", version };
    next.limit = Math.min(next.most, nextLimit(next.limit, { items: items.length, bytes: page.bytes }));
    next.continueToken = continueToken;
  }
  const message = `the list of ${path} had more than ${listPagesMax} pages`;
  return { kind: "failed", status: { code: 0, reason: "InternalError", message } };
}

interface Page {
  bytes: number;
  readonly decoded: WeakSet<object>;
}

function requestPage<T extends object>(
  { transport, path, query = {}, signal, isPaged, decode, readLarge }: PagedListRequest<T>,
  { limit, continueToken }: { readonly limit: number; readonly continueToken: string },
  page: Page,
): Promise<ApiAnswer> {
  return transport.request({
    method: "GET",
    path,
    query: {
      ...query,
      ...(isPaged ? { limit: String(limit) } : {}),
      ...(continueToken === "" ? {} : { continue: continueToken }),
    },
    ...(signal === undefined ? {} : { signal }),
    ...(readLarge === undefined ? {} : { readLarge }),
    itemOf: (item, bytes) => {
      const decoded = decode(item);
      if (decoded !== undefined) page.decoded.add(decoded);
      page.bytes += bytes;
      return decoded;
    },
  });
}

/** No answer, or one of a server that could not do it; not a refusal. */
function isTooMuch(status: number): boolean {
  return status === 0 || status >= 500;
}

/** As many items as make a page of the wanted size, going by the last page. */
function nextLimit(limit: number, { items, bytes }: { readonly items: number; readonly bytes: number }): number {
  const each = items === 0 ? 0 : bytes / items;
  const wanted = each === 0 ? listPageMax : Math.floor(pageBytesWanted / each);
  return Math.max(1, Math.min(wanted, limit * pageGrowthMax, listPageMax));
}

function isIn(decoded: WeakSet<object>, item: unknown): boolean {
  return typeof item === "object" && item !== null && decoded.has(item);
}
