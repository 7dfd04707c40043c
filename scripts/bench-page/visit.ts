/**
 * @file One first visit to the page on a slower processor, by mouse and keys, measured. Playwright's own scripts stay out
 * of the page while it loads, because they would keep its main thread too.
 */
import type { CDPSession, Page } from 'playwright';
import { ORIGIN } from '../headless/page.ts';
import { traceTasks, type Task } from './tasks.ts';
import { takeWatched, watch, type Watched } from './watch.ts';

/** What was seen of the page for a while, and what its main thread did. */
export interface Span extends Watched {
  readonly tasks: readonly Task[];
}

/** Milliseconds are those after the navigation. */
export interface Visit {
  /** A prompt was typed into the page and the order for it was taken. */
  readonly interactive: number;
  /** The model is open. */
  readonly enabled: number;
  readonly loading: Span;
  /** The first picture, on an empty stage. */
  readonly first: Span;
  /** The next one, over the first. */
  readonly next: Span;
}

/** What is to be seen of the page, where it is there. */
interface Look {
  readonly now: number;
  /** The middle of the prompt. */
  readonly prompt?: { readonly x: number; readonly y: number };
  readonly isEnabled: boolean;
  /** Whether an order is being made, or waits for the model. */
  readonly isTaken: boolean;
  readonly picture?: string;
  readonly trouble?: string;
}

const SETTLE_MS = 2000;

/** @param slowDown how many times slower the page's main thread runs */
export async function visit(page: Page, slowDown: number, backend: string): Promise<Visit> {
  await watch(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  const traced = await traceTasks(page, session);
  await page.goto(`${ORIGIN}/?backend=${backend}`, { waitUntil: 'commit' });
  const { prompt } = await until(session, ({ prompt: place }) => place !== undefined);
  await page.mouse.click(prompt?.x ?? 0, prompt?.y ?? 0);
  await page.keyboard.insertText('a red apple');
  await page.keyboard.press('Control+Enter');
  const { now: interactive } = await until(session, ({ isTaken }) => isTaken);
  await page.keyboard.press('Escape');
  const { now: enabled } = await until(session, ({ isEnabled, isTaken }) => isEnabled && !isTaken);
  await page.waitForTimeout(SETTLE_MS);
  const loading = { tasks: await traced(), ...(await takeWatched(page)) };
  const first = await paint(page, session);
  const next = await paint(page, session);
  return { interactive, enabled, loading, first, next };
}

/** Paints with the settings that are there. */
async function paint(page: Page, session: CDPSession): Promise<Span> {
  const { picture: before } = await look(session);
  const traced = await traceTasks(page, session);
  await page.keyboard.press('Control+Enter');
  await until(session, ({ picture, isTaken }) => picture !== before && !isTaken);
  await page.waitForTimeout(SETTLE_MS);
  return { tasks: await traced(), ...(await takeWatched(page)) };
}

async function until(session: CDPSession, holds: (seen: Look) => boolean): Promise<Look> {
  for (;;) {
    const seen = await look(session);
    if (seen.trouble !== undefined) throw new Error(`the page says: ${seen.trouble}`);
    if (holds(seen)) return seen;
  }
}

/** Looks once per frame. */
async function look(session: CDPSession): Promise<Look> {
  const { result } = await session.send('Runtime.evaluate', {
    ...{ expression: `(${lookInPage.toString()})()`, awaitPromise: true, returnByValue: true },
  });
  return result.value as Look;
}

/** In the page. */
async function lookInPage(): Promise<Look> {
  await new Promise((resolve) => requestAnimationFrame(resolve));
  const app = document.querySelector('emulsion-app')?.shadowRoot;
  const form = app?.querySelector('emulsion-prompt-form')?.shadowRoot;
  const actions = form?.querySelector('emulsion-order-actions')?.shadowRoot;
  const view = app?.querySelector('emulsion-picture-view')?.shadowRoot;
  const button = actions?.querySelector('.primary');
  const rect = form?.querySelector('#prompt')?.getBoundingClientRect();
  const picture = view?.querySelector('img')?.src;
  const trouble = app?.querySelector('emulsion-failure-message')?.shadowRoot?.textContent;
  return {
    now: performance.now(),
    ...(rect && button && { prompt: { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 } }),
    isEnabled: button?.getAttribute('aria-disabled') === 'false',
    isTaken:
      button?.textContent.includes('Opening the model') === true ||
      Boolean(actions?.querySelector('.cancel:not([hidden])')),
    ...(picture !== undefined && { picture }),
    ...(typeof trouble === 'string' && { trouble: trouble.trim() }),
  };
}
