/**
 * @file Drives the page's scripting API from Node. Orders go in as plain data; pictures and tensors come back
 * over POST, because they are too big for the browser's debugging protocol; everything else is the answer.
 */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright';
import { AppError, fromPlainError } from '../../src/error.ts';
import type { PlainError } from '../../src/error.ts';
import type {
  DeviceReport,
  DumpTensor,
  GenerateRequest,
  GenerateResult,
  GeneratedImage,
  Notice,
  Progress,
} from '../../src/engine/protocol.ts';
import type { EmulsionScripting } from '../../src/ui/scripting.ts';
import { ORIGIN } from './headless.ts';

/** The model as the page is told of it. */
export type ModelOrder =
  | { readonly kind: 'default' }
  | { readonly kind: 'catalog'; readonly id: string }
  | { readonly kind: 'url'; readonly url: string };

export type PictureOrder = Omit<GenerateRequest, 'model' | 'previews'>;

export interface DriveHandlers {
  readonly onProgress: (progress: Progress) => void;
  readonly onNotice: (notice: Notice) => void;
}

/** What the page posted, by address. */
export type Mailbox = Map<string, Buffer>;

type PageAnswer<T> = { value: T } | { error: PlainError };
type PageImage = Omit<GeneratedImage, 'png' | 'dump'> & {
  tensors: { name: string; shape: readonly number[] }[];
};
type PageResult = Omit<GenerateResult, 'images'> & { images: PageImage[] };

/** Names that exist only inside the page. */
interface PageGlobals {
  emulsion: EmulsionScripting;
  emulsionProgress: (progress: Progress) => Promise<void>;
  emulsionNotice: (notice: Notice) => Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
/** Progress comes after every stage; a person cannot read more than this. */
const PROGRESS_INTERVAL_MS = 100;

/** Opens the page and waits until it can be driven. */
export async function startPage(page: Page): Promise<void> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  // The compiler behind tsx wraps functions in a helper of this name, which the page does not have.
  await page.addInitScript('globalThis.__name = (wrapped) => wrapped;');
  try {
    await page.goto(`${ORIGIN}/?headless`);
    await page.waitForFunction(() => 'emulsion' in globalThis, undefined, { timeout: START_TIMEOUT_MS });
  } catch (error) {
    throw new AppError('runtime/start-failed', { reason: problems[0] ?? 'the page does not answer' }, error);
  }
}

/** What the browser and its GPU offer. */
export async function probeInPage(page: Page): Promise<DeviceReport> {
  return unwrap(
    await guardCrash(
      page,
      page.evaluate(async (): Promise<PageAnswer<DeviceReport>> => {
        const { emulsion } = globalThis as unknown as PageGlobals;
        try {
          return { value: await emulsion.probe() };
        } catch (error) {
          return { error: emulsion.toPlainError(error) };
        }
      }),
    ),
  );
}

/**
 * Paints in the page.
 * @param mailbox where the site puts what is posted under `/results/`
 * @throws AppError whatever the engine refused, or `engine/crashed`
 */
export async function generateInPage(
  page: Page,
  mailbox: Mailbox,
  model: ModelOrder,
  order: PictureOrder,
  handlers: DriveHandlers,
): Promise<GenerateResult> {
  await page.exposeFunction('emulsionProgress', handlers.onProgress);
  await page.exposeFunction('emulsionNotice', handlers.onNotice);
  const results = `/results/${randomUUID()}`;
  const work = page.evaluate(paint, { model, order, results, interval: PROGRESS_INTERVAL_MS });
  const { images, ...rest } = unwrap(await guardCrash(page, work));
  return {
    ...rest,
    images: images.map((image, index) => collectImage(image, `${results}/${index}`, mailbox)),
  };
}

/** Runs inside the page; it can use nothing of this file but types. */
async function paint({
  model,
  order,
  results,
  interval,
}: {
  model: ModelOrder;
  order: PictureOrder;
  results: string;
  interval: number;
}): Promise<PageAnswer<PageResult>> {
  const { emulsion, emulsionProgress, emulsionNotice } = globalThis as unknown as PageGlobals;
  let lastPhase = '';
  let lastTime = 0;
  try {
    const reference =
      model.kind === 'url'
        ? model
        : model.kind === 'catalog'
          ? await emulsion.catalogModel(model.id)
          : await emulsion.defaultModel();
    const { images, ...rest } = await emulsion.generate(
      { ...order, model: reference, previews: false },
      {
        onProgress: (progress) => {
          const phase = `${progress.phase} ${progress.step ?? 0}`;
          if (phase === lastPhase && performance.now() - lastTime < interval) return;
          lastPhase = phase;
          lastTime = performance.now();
          void emulsionProgress(progress);
        },
        onNotice: (notice) => void emulsionNotice(notice),
      },
    );
    const pageImages: PageImage[] = [];
    for (const [index, { png, dump = {}, ...image }] of images.entries()) {
      await fetch(`${results}/${index}`, { method: 'POST', body: png });
      const tensors = Object.entries(dump);
      for (const [number, [, { data }]] of tensors.entries()) {
        await fetch(`${results}/${index}/${number}`, {
          method: 'POST',
          body: data as Float32Array<ArrayBuffer>,
        });
      }
      pageImages.push({ ...image, tensors: tensors.map(([name, { shape }]) => ({ name, shape })) });
    }
    return { value: { ...rest, images: pageImages } };
  } catch (error) {
    return { error: emulsion.toPlainError(error) };
  }
}

function collectImage({ tensors, ...image }: PageImage, address: string, mailbox: Mailbox): GeneratedImage {
  const entries = tensors.map(({ name, shape }, number): [string, DumpTensor] => {
    const bytes = take(mailbox, `${address}/${number}`);
    return [name, { shape, data: new Float32Array(bytes.buffer) }];
  });
  const png = take(mailbox, address);
  return entries.length === 0 ? { ...image, png } : { ...image, png, dump: Object.fromEntries(entries) };
}

/** The bytes in a buffer of their own, so that they can be read as floats. */
function take(mailbox: Mailbox, address: string): Uint8Array<ArrayBuffer> {
  const bytes = mailbox.get(address);
  if (bytes === undefined)
    throw new AppError('engine/internal', { reason: `the page sent nothing for ${address}` });
  mailbox.delete(address);
  return new Uint8Array(bytes);
}

function unwrap<T>(answer: PageAnswer<T>): T {
  if ('error' in answer) throw fromPlainError(answer.error);
  return answer.value;
}

/** The page's answer, or `engine/crashed` when the page or the browser dies first. */
async function guardCrash<T>(page: Page, work: Promise<T>): Promise<T> {
  const crash = new Promise<never>((_, reject) => {
    page.once('crash', () => reject(new AppError('engine/crashed', { reason: 'the page crashed' })));
    page.once('close', () => reject(new AppError('engine/crashed', { reason: 'the browser closed' })));
  });
  return Promise.race([work, crash]).catch((error: unknown) => {
    if (error instanceof AppError) throw error;
    throw new AppError('engine/crashed', { reason: 'the page stopped answering' }, error);
  });
}
