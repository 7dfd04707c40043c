/**
 * @file The SHA-256 that a model hub publishes for the files of a repository. Where a file redirects, no page can read
 * the headers of the hub's own answer; but the hub lists a repository's files, large ones with their hash
 * (`lfs.oid`), below `/api/models/OWNER/NAME/tree/REVISION`. Any host whose addresses have that shape is asked; one that
 * does not answer so publishes nothing.
 */
import { throwIfAborted } from '../error.ts';
import { discard } from './http-range.ts';
import { exchange, INTERACTIVE } from './http-request.ts';

/** By address. */
type Hashes = ReadonlyMap<string, string>;

/** A file as the hub lists it. */
interface ListedFile {
  readonly path?: unknown;
  readonly lfs?: { readonly oid?: unknown } | null;
}

/** More than any repository of a model has; a listing that goes on for longer leads in circles. */
const MAX_PAGES = 50;

export class HubHashes {
  readonly #listings = new Map<string, Promise<Hashes>>();

  /**
   * The hash of a file by its address, lower-case hex. Asks once for a repository.
   * @throws AppError `engine/cancelled`
   */
  async sha256(address: URL, signal?: AbortSignal): Promise<string | undefined> {
    const [, folder, owner, name, revision] =
      /^(.*)\/([^/]+)\/([^/]+)\/resolve\/([^/]+)\/./.exec(address.pathname) ?? [];
    if (folder === undefined) return undefined;
    const files = new URL(`${folder}/${owner}/${name}/resolve/${revision}/`, address);
    const listing = new URL(`${folder}/api/models/${owner}/${name}/tree/${revision}?recursive=true`, address);
    const hashes = this.#listings.get(listing.href) ?? readListing(listing, files, signal);
    this.#listings.set(listing.href, hashes);
    return (await hashes).get(address.origin + address.pathname);
  }
}

/** The hashes a hub lists. What cannot be read is no reason not to download. */
async function readListing(listing: URL, files: URL, signal: AbortSignal | undefined): Promise<Hashes> {
  const hashes = new Map<string, string>();
  let page: URL | undefined = listing;
  try {
    for (let pages = 0; page && pages < MAX_PAGES; pages++) {
      const { body, next }: { body: unknown; next: URL | undefined } = await readPage(page, signal);
      for (const { path, lfs } of Array.isArray(body) ? (body as ListedFile[]) : []) {
        const sha256 = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(String(lfs?.oid))?.[1];
        if (typeof path !== 'string' || sha256 === undefined) continue;
        const { origin, pathname } = new URL(path.split('/').map(encodeURIComponent).join('/'), files);
        hashes.set(origin + pathname, sha256.toLowerCase());
      }
      page = next;
    }
  } catch {
    throwIfAborted(signal);
  }
  return hashes;
}

/** One page of a listing, and the address of the next (RFC 8288). */
function readPage(url: URL, signal: AbortSignal | undefined) {
  const request = {
    url,
    path: url.pathname,
    signal,
    timing: INTERACTIVE,
    uncached: true,
    headers: () => ({}),
  };
  return exchange(request, async (response) => {
    const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
    if (!response.ok) await discard(response);
    const body = response.ok ? parsed(await response.text()) : undefined;
    return { body, next: next === undefined ? undefined : new URL(next, url) };
  });
}

/** `undefined` for what is not JSON: a host that answers so lists nothing, however often it is asked. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
