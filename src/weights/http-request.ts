/**
 * @file One request that gets through if it can: broken connections, silence, and servers that are busy are met with
 * another attempt after a pause that grows and is never the same twice. Attempts count only while nothing lasting arrives, so a
 * long file may break often. Every attempt asks the original address: where it leads may expire.
 */
import { AppError, throwIfAborted } from '../error.ts';

export interface HttpTiming {
  /** Attempts in a row that bring nothing, or nothing that the next could go on after. */
  readonly attempts: number;
  /** The first pause; it doubles each time. */
  readonly delayMs: number;
  /** A connection is given up when no byte came for so long. */
  readonly stallMs: number;
  /** The longest pause a server may ask for with `Retry-After`. */
  readonly maxWaitMs: number;
}

/** For a person who waits for a model to open. */
export const INTERACTIVE: HttpTiming = { attempts: 3, delayMs: 500, stallMs: 30_000, maxWaitMs: 10_000 };
/** For a download that may take hours. */
export const PATIENT: HttpTiming = { attempts: 7, delayMs: 500, stallMs: 30_000, maxWaitMs: 600_000 };

const MAX_DELAY_MS = 30_000;
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);
/** How hosts say that a signed address has expired. */
const EXPIRED = new Set([400, 401, 403, 404, 410]);

export interface HttpRequest {
  readonly url: URL;
  /** The file's path, for messages. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly timing: HttpTiming;
  /** Pass by the browser's cache, which large files would only fill. */
  readonly uncached: boolean;
  /** Asked before every attempt. */
  readonly headers: () => Record<string, string>;
}

/**
 * Sends a request until `use` has made something of the answer. Statuses that say "busy" never reach it, unless they
 * persist. What it throws ends the request if it is an `AppError`; anything else counts as a broken connection.
 * @param use gets the answer, and `pulse` to call whenever bytes have arrived; `isLasting` if the next attempt can go on
 *   after them
 * @throws AppError `weights/unreachable`, `engine/cancelled`
 */
export async function exchange<T>(
  request: HttpRequest,
  use: (response: Response, pulse: (isLasting: boolean) => void) => Promise<T>,
): Promise<T> {
  const { path, signal, timing } = request;
  let failures = 0;
  let hasExpired = false;
  for (;;) {
    throwIfAborted(signal);
    const watchdog = new Watchdog(timing.stallMs, signal);
    let wait = 0;
    try {
      const response = await fetch(request.url, {
        headers: request.headers(),
        signal: watchdog.signal,
        cache: request.uncached || hasExpired ? 'no-store' : 'default',
      });
      watchdog.pulse();
      wait = retryAfterMs(response);
      const isExpired = response.redirected && EXPIRED.has(response.status) && !hasExpired;
      const isBusy = BUSY.has(response.status) && wait <= timing.maxWaitMs && failures + 1 < timing.attempts;
      if (!isExpired && !isBusy) {
        return await use(response, (isLasting) => {
          if (isLasting) failures = 0;
          watchdog.pulse();
        });
      }
      await response.body?.cancel();
      if (isExpired) {
        hasExpired = true;
        continue;
      }
      failures++;
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof AppError) throw error;
      if (++failures >= timing.attempts)
        throw new AppError(
          'weights/unreachable',
          { file: path, reason: describe(watchdog.reason ?? error) },
          error,
        );
    } finally {
      watchdog.end();
    }
    await pause(Math.max(wait, backoffMs(failures, timing.delayMs)), signal);
  }
}

/** The bytes of a body as they come. */
export async function* chunks(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Lets the connection go when the rest is not wanted; does nothing at the end.
    await reader.cancel().catch(() => undefined);
  }
}

/** Doubling pauses with up to half as much again at random, so that many pages do not come back together. */
function backoffMs(failures: number, delayMs: number): number {
  return Math.min(MAX_DELAY_MS, delayMs * 2 ** (failures - 1)) * (1 + Math.random() / 2);
}

/** What `Retry-After` asks for: seconds or a date (RFC 9110 §10.2.3); 0 without one. */
function retryAfterMs(response: Response): number {
  const value = response.headers.get('retry-after');
  if (value === null) return 0;
  const ms = /^\d+$/.test(value) ? 1000 * Number(value) : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

/** Node's "fetch failed" keeps what happened in its cause; browsers have only their message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** Aborts when nothing was heard for too long, or when the caller does. */
class Watchdog {
  /** Why it gave up. */
  reason: Error | undefined;
  readonly #controller = new AbortController();
  readonly #stallMs: number;
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stallMs: number, outer: AbortSignal | undefined) {
    this.#stallMs = stallMs;
    this.#outer = outer;
    outer?.addEventListener('abort', this.#abort);
    this.pulse();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pulse(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.reason = new Error(`the server sent nothing for ${this.#stallMs / 1000} s`);
      this.#abort();
    }, this.#stallMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort();
}
