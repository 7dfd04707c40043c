/**
 * @file The built site, served on loopback and open in a headless browser, to be driven through its scripting API.
 * Orders go in as plain data and answers come out as such; what is too big for the browser's debugging protocol comes
 * back over POST.
 */
import type { CDPSession, Page } from 'playwright';
import { AppError, fromPlainError } from '../../src/error.ts';
import type { PlainError } from '../../src/error.ts';
import type { DeviceExamination, DeviceReport } from '../../src/engine/device-report.ts';
import type { Notice, Progress } from '../../src/engine/protocol/generate.ts';
import type { LibraryProgress } from '../../src/engine/protocol/library.ts';
import type { LoraVerdict } from '../../src/lora/verdict.ts';
import type { EmulsionScripting } from '../../src/ui/page/scripting.ts';
import { DIST, ensureBuilt } from '../build.ts';
import { ensureBrowser } from '../ensure-browser.ts';
import { createSite, listen } from '../site.ts';
import type { Command } from './command.ts';
import { openHeadlessPage, ORIGIN } from './page.ts';

export interface SessionOptions {
  /** Absolute path of the browser profile. Absent: the one in the user's cache. */
  readonly profile?: string | undefined;
  /** The user has read the licences that limit what models may be used for, and keeps to them. */
  readonly acceptsLicence?: boolean;
  /** The work is on the profile itself: none but this will do. */
  readonly needsProfile?: boolean;
  /** WebGPU was asked for by name. */
  readonly needsWebgpu?: boolean;
}

/** What the page tells while it works. */
type PageEvent =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'verdict'; readonly verdict: LoraVerdict }
  | { readonly kind: 'trial'; readonly done: number; readonly total: number }
  | { readonly kind: 'transfer'; readonly progress: LibraryProgress };

/** How a call ended, as plain data. */
export type PageAnswer<T> = { readonly value: T } | { readonly error: PlainError };

/** Names that functions find in the page when they run there. */
export interface PageGlobals {
  readonly emulsion: EmulsionScripting;
  readonly emulsionTell: (event: PageEvent) => Promise<void>;
  readonly emulsionAnswer: <T>(work: Promise<T>) => Promise<PageAnswer<T>>;
}

type Listener = (event: PageEvent) => void;

const START_TIMEOUT_MS = 60_000;

/** Runs in every page before its own scripts. */
const PRELUDE = `
  // The compiler behind tsx wraps functions in a helper of this name, which the page does not have.
  globalThis.__name = (wrapped) => wrapped;
  globalThis.emulsionAnswer = (work) =>
    work.then((value) => ({ value }), (error) => ({ error: emulsion.toPlainError(error) }));
`;

/** A page with the site in it. One call at a time may listen to what the page tells. */
export class Session {
  /** As in {@link SessionOptions}. */
  readonly acceptsLicence: boolean;
  readonly #page: Page;
  readonly #mailbox: Map<string, Buffer>;
  readonly #folders: Record<string, string>;
  readonly #crash: Promise<never>;
  #listener: Listener | undefined;

  private constructor(
    page: Page,
    mailbox: Map<string, Buffer>,
    folders: Record<string, string>,
    acceptsLicence: boolean,
  ) {
    this.acceptsLicence = acceptsLicence;
    this.#page = page;
    this.#mailbox = mailbox;
    this.#folders = folders;
    this.#crash = new Promise<never>((_, reject) => {
      page.once('crash', () => reject(new AppError('engine/crashed', { reason: 'the page crashed' })));
      page.once('close', () => reject(new AppError('engine/crashed', { reason: 'the browser closed' })));
    });
    this.#crash.catch(() => undefined);
  }

  /**
   * Opens the site in a page.
   * @param mailbox where the site puts what the page posts, by address
   * @param folders what the site serves; more may be added while it runs
   * @param acceptsLicence as in {@link SessionOptions}
   */
  static async start(
    page: Page,
    mailbox: Map<string, Buffer>,
    folders: Record<string, string> = {},
    acceptsLicence = false,
  ): Promise<Session> {
    const session = new Session(page, mailbox, folders, acceptsLicence);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.addInitScript(PRELUDE);
    await page.exposeFunction('emulsionTell', (event: PageEvent) => session.#listener?.(event));
    try {
      await page.goto(`${ORIGIN}/?headless`);
      await page.waitForFunction(() => 'emulsion' in globalThis, undefined, { timeout: START_TIMEOUT_MS });
    } catch (error) {
      const reason = problems[0] ?? 'the page does not answer';
      throw new AppError('runtime/start-failed', { reason }, error);
    }
    return session;
  }

  /** Serves more beside the site: folders by address prefix, single files by address. */
  serve(folders: Readonly<Record<string, string>>): void {
    Object.assign(this.#folders, folders);
  }

  /**
   * Runs a function inside the page; it can use nothing from outside but types and {@link PageGlobals}.
   * @throws AppError what it answers, or `engine/crashed` when the page or the browser dies first
   */
  async call<A, T>(
    inPage: (argument: A) => Promise<PageAnswer<T>>,
    argument: A,
    listener?: Listener,
  ): Promise<T> {
    this.#listener = listener;
    // Playwright's types follow the argument into the browser; ours are plain data, which arrive as they are.
    const evaluate = this.#page.evaluate.bind(this.#page) as (
      inPage: (argument: A) => Promise<PageAnswer<T>>,
      argument: A,
    ) => Promise<PageAnswer<T>>;
    const answer = await Promise.race([evaluate(inPage, argument), this.#crash]).catch((error: unknown) => {
      if (error instanceof AppError) throw error;
      throw new AppError('engine/crashed', { reason: 'the page stopped answering' }, error);
    });
    if ('error' in answer) throw fromPlainError(answer.error);
    return answer.value;
  }

  /** What the page posted to an address, in a buffer of its own so that it can be read as floats. */
  take(address: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#mailbox.get(address);
    if (bytes === undefined)
      throw new AppError('engine/internal', { reason: `the page sent nothing for ${address}` });
    this.#mailbox.delete(address);
    return new Uint8Array(bytes);
  }

  /** The page's end of the browser's debugging protocol. */
  debug(): Promise<CDPSession> {
    return this.#page.context().newCDPSession(this.#page);
  }

  /** What the browser and its GPU offer, as far as it is known at once. */
  probe(): Promise<DeviceReport> {
    return this.call(() => {
      const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
      return emulsionAnswer(emulsion.probe());
    }, undefined);
  }

  /** All that can be found out about the browser and its GPU. */
  examine(): Promise<DeviceExamination> {
    return this.call(() => {
      const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
      return emulsionAnswer(emulsion.examine());
    }, undefined);
  }
}

/** Builds and serves the site, and opens it in a browser; all of it is put away when the command ends. */
export function openSession(command: Command, options: SessionOptions): Promise<Session> {
  return command.unlessStopped(open(command, options));
}

async function open(
  command: Command,
  { profile, acceptsLicence, needsProfile = false, needsWebgpu = false }: SessionOptions,
): Promise<Session> {
  const log = command.note;
  await ensureBuilt(log);
  const executablePath = await ensureBrowser(log);
  const mailbox = new Map<string, Buffer>();
  const folders: Record<string, string> = { '/': `${DIST}/` };
  const site = createSite({ folders, post: (pathname, body) => mailbox.set(pathname, body) });
  const port = await listen(site, 0);
  command.atEnd(() => {
    site.close();
    site.closeAllConnections();
  });
  const launch = {
    ...{ executablePath, port, needsProfile, needsWebgpu, log },
    ...(profile !== undefined && { profile }),
  };
  const browser = await openHeadlessPage(launch);
  command.atEnd(() => browser.close());
  return Session.start(browser.page, mailbox, folders, acceptsLicence);
}
