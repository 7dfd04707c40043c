/**
 * @file How long the tasks of a page's main thread take: by the clock, which is what people wait for, and of the processor,
 * which is the page's own share whatever else the machine does meanwhile.
 */
import type { CDPSession, Page } from 'playwright';

/** A task of the main thread, in milliseconds. */
export interface Task {
  readonly ms: number;
  readonly processorMs: number;
}

/** As the browser writes it; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
}

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];
/** Tells which of the browser's threads is the page's. */
const MARK = 'emulsion-main-thread';

/** Traces a page until the result is called, which gives its tasks. One at a time in a browser. */
export async function traceTasks(page: Page, session: CDPSession): Promise<() => Promise<Task[]>> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }): void => void events.push(...(value as TraceEvent[]));
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  return async () => {
    await page.evaluate((mark) => void performance.mark(mark), MARK);
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    session.off('Tracing.dataCollected', collect);
    const thread = events.findLast(({ name }) => name === MARK);
    return events
      .filter(({ name, pid, tid }) => name === 'RunTask' && pid === thread?.pid && tid === thread.tid)
      .map(({ dur = 0, tdur = 0 }) => ({ ms: dur / 1000, processorMs: tdur / 1000 }));
  };
}
