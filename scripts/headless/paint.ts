/** @file Paints in the page: an order goes in, pictures and tensors come out. */
import { randomUUID } from 'node:crypto';
import type {
  DumpTensor,
  GenerateRequest,
  GenerateResult,
  GeneratedImage,
  Notice,
  Progress,
} from '../../src/engine/protocol/generate.ts';
import type { ModelDescription, ModelReference } from '../../src/engine/protocol/model.ts';
import { type ResolvedModel } from './model.ts';
import { modelInPage } from './model-in-page.ts';
import type { PageAnswer, PageGlobals, Session } from './session.ts';

export type PictureOrder = Omit<GenerateRequest, 'model' | 'previews'>;

export interface PaintHandlers {
  readonly onProgress?: (progress: Progress) => void;
  readonly onNotice?: (notice: Notice) => void;
}

type PageImage = Omit<GeneratedImage, 'png' | 'dump'> & {
  tensors: { name: string; shape: readonly number[] }[];
};
type PageResult = Omit<GenerateResult, 'images'> & { images: PageImage[] };

interface PageOrder {
  readonly model: ModelReference;
  readonly order: PictureOrder;
  /** Address that the bytes are posted under. */
  readonly results: string;
  /** Milliseconds between two reports of progress. */
  readonly interval: number;
}

/** Progress comes after every stage; a person cannot read more than this. */
const PROGRESS_INTERVAL_MS = 100;

/**
 * Paints one order. Orders one after the other with the same model find it open.
 * @throws AppError whatever the engine refused, or `engine/crashed`
 */
export async function paintInPage(
  session: Session,
  resolved: ResolvedModel,
  order: PictureOrder,
  { onProgress, onNotice }: PaintHandlers = {},
): Promise<GenerateResult> {
  const model = await modelInPage(session, resolved);
  const results = `/results/${randomUUID()}`;
  const pageOrder: PageOrder = { model, order, results, interval: PROGRESS_INTERVAL_MS };
  const { images, ...rest } = await session.call(paint, pageOrder, (event) => {
    if (event.kind === 'progress') onProgress?.(event.progress);
    if (event.kind === 'notice') onNotice?.(event.notice);
  });
  return {
    ...rest,
    images: images.map((image, index) => collectImage(session, image, `${results}/${index}`)),
  };
}

/**
 * What a model says of itself.
 * @throws AppError whatever is wrong with it
 */
export async function describeInPage(session: Session, resolved: ResolvedModel): Promise<ModelDescription> {
  const model = await modelInPage(session, resolved);
  return session.call((reference: ModelReference) => {
    const { emulsion, emulsionAnswer } = globalThis as unknown as PageGlobals;
    return emulsionAnswer(emulsion.describe(reference));
  }, model);
}

/** Runs inside the page; it can use nothing of this file but types. */
function paint({ model, order, results, interval }: PageOrder): Promise<PageAnswer<PageResult>> {
  const { emulsion, emulsionTell, emulsionAnswer } = globalThis as unknown as PageGlobals;
  let lastPhase = '';
  let lastTime = 0;
  const tellProgress = (progress: Progress): void => {
    const phase = `${progress.phase} ${progress.step ?? 0}`;
    if (phase === lastPhase && performance.now() - lastTime < interval) return;
    lastPhase = phase;
    lastTime = performance.now();
    void emulsionTell({ kind: 'progress', progress });
  };
  const post = async (address: string, body: Uint8Array | Float32Array): Promise<void> => {
    await fetch(address, { method: 'POST', body: body as Uint8Array<ArrayBuffer> });
  };
  const work = async (): Promise<PageResult> => {
    const { images, ...rest } = await emulsion.generate(
      { ...order, model, previews: false },
      { onProgress: tellProgress, onNotice: (notice) => void emulsionTell({ kind: 'notice', notice }) },
    );
    const pageImages: PageImage[] = [];
    for (const [index, { png, dump = {}, ...image }] of images.entries()) {
      await post(`${results}/${index}`, png);
      const tensors = Object.entries(dump);
      for (const [number, [, { data }]] of tensors.entries())
        await post(`${results}/${index}/${number}`, data);
      pageImages.push({ ...image, tensors: tensors.map(([name, { shape }]) => ({ name, shape })) });
    }
    return { ...rest, images: pageImages };
  };
  return emulsionAnswer(work());
}

function collectImage(session: Session, { tensors, ...image }: PageImage, address: string): GeneratedImage {
  const entries = tensors.map(({ name, shape }, number): [string, DumpTensor] => {
    const bytes = session.take(`${address}/${number}`);
    return [name, { shape, data: new Float32Array(bytes.buffer) }];
  });
  const png = session.take(address);
  return entries.length === 0 ? { ...image, png } : { ...image, png, dump: Object.fromEntries(entries) };
}
