/**
 * @file What is to be seen of a page, by its own clock: when there is something, and parts of it that move by themselves.
 */
import type { Page } from 'playwright';

/** Parts of the page that moved, though nothing that the user did is meant to move them at once. */
interface Shift {
  readonly at: number;
  /** The share of the window that moved, times how far, as in Cumulative Layout Shift. */
  readonly value: number;
  /** What moved, and from where to where. */
  readonly moved: readonly string[];
}

export interface Watched {
  /** Those within half a second of a key or a click count too: whoever starts a picture goes on reading and writing. */
  readonly shifts: readonly Shift[];
  /** Milliseconds after the navigation. */
  readonly firstPaint: number;
  readonly largestPaint: number;
}

/** What only Chromium has. */
interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly sources: readonly { readonly previousRect: DOMRect; readonly currentRect: DOMRect }[];
}

/** Watches a page from its next navigation on. */
export async function watch(page: Page): Promise<void> {
  await page.addInitScript(record);
}

/** What was seen since the last time. */
export function takeWatched(page: Page): Promise<Watched> {
  return page.evaluate(async () => {
    // What happened in this frame is told after it.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)));
    const { watched } = globalThis as unknown as { watched: { -readonly [K in keyof Watched]: Watched[K] } };
    const taken = { ...watched };
    // Whoever types before the browser has told of it ends the search for it.
    if (Number.isNaN(taken.largestPaint)) taken.largestPaint = taken.firstPaint;
    watched.shifts = [];
    return taken;
  });
}

/** In the page. */
function record(): void {
  const watched = { shifts: [] as Shift[], firstPaint: NaN, largestPaint: NaN };
  Object.assign(globalThis, { watched });
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries())
      if (name === 'first-contentful-paint') watched.firstPaint = startTime;
  }).observe({ type: 'paint', buffered: true });
  new PerformanceObserver((list) => {
    watched.largestPaint = list.getEntries().at(-1)?.startTime ?? NaN;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, value, sources } of list.getEntries() as LayoutShift[])
      watched.shifts.push({
        at: startTime,
        value,
        moved: sources.map(({ previousRect, currentRect }) => {
          // The browser names nothing in shadow roots; what is in the middle of the place tells enough.
          const [x, y] = [currentRect.x + currentRect.width / 2, currentRect.y + currentRect.height / 2];
          let [name, element] = ['', document.elementFromPoint(x, y)];
          while (element) {
            name = `${element.localName}${element.className ? `.${element.className}` : ''}`;
            const inner: Element | null = element.shadowRoot?.elementFromPoint(x, y) ?? null;
            if (inner === element) break;
            element = inner;
          }
          const [from, to] = [previousRect, currentRect].map((rect) =>
            [rect.x, rect.y, rect.width, rect.height].map(Math.round).join(' '),
          );
          return `${name || 'out of sight'}: ${from} → ${to}`;
        }),
      });
  }).observe({ type: 'layout-shift', buffered: true });
}
