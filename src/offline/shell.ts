/**
 * @file What the service worker keeps and how it hands it out: pure functions, so that they can be tested without one.
 */

/** A file of the built site; `revision` is a digest of its bytes, `null` where the name already holds one. */
export interface ShellFile {
  /** Relative to the service worker's own address. */
  readonly url: string;
  readonly revision: string | null;
}

/** What makes a page cross-origin isolated, without which WASM has one thread. */
const ISOLATION = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
] as const;

/**
 * The files this browser will ever ask for: of ONNX Runtime's two WebGPU builds it can use one.
 * @param jspi whether WebAssembly can wait for promises here
 */
export function filesForBrowser(files: readonly ShellFile[], jspi: boolean): ShellFile[] {
  const unused = jspi ? /\.asyncify[.-]/ : /\.jspi[.-]/;
  return files.filter(({ url }) => !unused.test(url));
}

/**
 * A kept page or worker as a host with isolation headers would have sent it. A header the host did send stays.
 * @param destination `Request.destination`; other files need no header and go out untouched
 */
export function isolate(response: Response, destination: RequestDestination): Response {
  if (destination !== 'document' && destination !== 'worker') return response;
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const [name, value] of ISOLATION) if (!headers.has(name)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
}
