/**
 * @file The request being painted: how far it is, what came of it, what went wrong. A picture stays until the next one is
 * finished, so that neither a cancel nor a failure takes anything away. A draft makes way for whatever else is to be
 * painted.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type {
  BackendKind,
  GeneratedImage,
  GenerateRequest,
  GenerateResult,
  PictureFacts,
  Progress,
} from '../../engine/protocol/generate.ts';
import { isCancelled, toPlainError } from '../../error.ts';
import { pictureFileName } from '../parts/file-name.ts';
import { record, type MemoryHistory } from './memory-history.ts';
import type { ShownNotice } from '../parts/page-notice.ts';
import type { Ending } from './ending.ts';
import type { Receipt } from './receipt.ts';
import { fractionDone, segmentsOf } from './run-progress.ts';
import { withPreview, type StepPreview } from './step-previews.ts';

const PROGRESS_INTERVAL_MS = 100;

/** A finished picture; the URL is good until the next one is finished. */
export interface Picture {
  readonly request: GenerateRequest;
  readonly model: GenerateResult['model'];
  readonly url: string;
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
  readonly seed: bigint;
  readonly steps: number;
  readonly seconds: number;
  readonly backend: BackendKind;
  /** Absent while other pictures of the request are not finished. */
  readonly receipt: Receipt | undefined;
  /** Of its steps, as many as are kept; none where the model has no previews. */
  readonly previews: readonly StepPreview[];
  /** Painted while the prompt was being written, and not kept yet. */
  readonly isDraft: boolean;
}

/** A picture with all that is known of it, for whoever keeps pictures. */
export interface FinishedPicture {
  /** With the PNG file, which has its settings in it. */
  readonly image: GeneratedImage;
  readonly facts: PictureFacts;
  /** Perhaps for other pictures too; the picture's own seed is the image's. */
  readonly request: GenerateRequest;
  /** From the beginning of the request until the picture was there. */
  readonly seconds: number;
}

/** The request under way and how far it is. */
export interface Run {
  readonly request: GenerateRequest;
  readonly isDraft: boolean;
  /** Pictures of the request that are finished. */
  readonly finished: number;
  /** As far as is known before the engine tells. */
  readonly steps: number;
  readonly progress?: Progress;
  /** Absent where memory is not counted. */
  readonly memory?: MemoryHistory;
  /** The newest preview of the first picture, and those that are kept of it. */
  readonly preview?: StepPreview;
  readonly previews: readonly StepPreview[];
  readonly isCancelling: boolean;
}

/** What comes with a request. */
export interface RunOptions {
  /** What the page has to say of the order. */
  readonly notices?: readonly ShownNotice[];
  readonly isDraft?: boolean;
  /** Called for every picture that is to be kept, one after another; the run ends when all are. Never rejects. */
  readonly onPicture?: (picture: FinishedPicture) => Promise<void>;
}

export class Generation implements ReactiveController {
  run: Run | undefined;
  picture: Picture | undefined;
  /** Of what is being painted, or was last. */
  notices: readonly ShownNotice[] = [];

  readonly #host: ReactiveControllerHost;
  #abort = new AbortController();
  /** Of what waits for a draft to end. */
  #next: AbortController | undefined;
  /** Settles with the run. */
  #end: Promise<unknown> = Promise.resolve();
  /** Counts starts, so that of several drafts only the last one is painted. */
  #starts = 0;
  /** Kept of each picture of the run. */
  #previews = new Map<number, readonly StepPreview[]>();
  /** The draft that is shown. */
  #draft: FinishedPicture | undefined;
  #shownAt = 0;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.cancel();
  }

  /**
   * Paints the pictures of a request. A draft that is being painted makes way; a draft that would have to wait for
   * something else is not painted. Never rejects.
   */
  async start(engine: Engine, request: GenerateRequest, options: RunOptions = {}): Promise<Ending> {
    const { notices = [], isDraft = false } = options;
    const start = ++this.#starts;
    const abort = new AbortController();
    if (!isDraft) this.#next = abort;
    while (this.run) {
      if (!this.run.isDraft) return { kind: 'cancelled' };
      this.#stop();
      await this.#end;
    }
    if (abort.signal.aborted || (isDraft && start !== this.#starts)) return { kind: 'cancelled' };
    this.#abort = abort;
    this.#next = undefined;
    this.notices = notices;
    this.#previews = new Map();
    this.run = {
      request,
      isDraft,
      finished: 0,
      steps: request.steps ?? 1,
      previews: [],
      isCancelling: false,
    };
    this.#host.requestUpdate();
    const run = this.#paint(engine, request, options);
    this.#end = run;
    return run;
  }

  async #paint(
    engine: Engine,
    request: GenerateRequest,
    { onPicture, isDraft }: RunOptions,
  ): Promise<Ending> {
    const started = performance.now();
    let shown: Promise<void> = Promise.resolve();
    let kept: Promise<void> = Promise.resolve();
    try {
      const result = await engine.generate(request, {
        signal: this.#abort.signal,
        onProgress: (progress) => this.#report(progress),
        onPreview: (index, step, image) => this.#keep(index, { step, image }),
        onNotice: (notice) => (this.notices = [...this.notices, notice]),
        onImage: (image, facts) => {
          const seconds = (performance.now() - started) / 1000;
          const finished = { image, facts, request, seconds };
          if (!isDraft) kept = kept.then(() => onPicture?.(finished));
          shown = shown.then(() => this.#show(finished));
          // Told of below.
          shown.catch(() => undefined);
        },
      });
      await shown;
      if (this.picture) this.picture = { ...this.picture, receipt: receiptOf(result, this.run?.memory) };
      return { kind: 'ready' };
    } catch (error) {
      await shown.catch(() => undefined);
      if (isCancelled(error)) return { kind: 'cancelled' };
      return { kind: 'failed', failure: toPlainError(error) };
    } finally {
      await kept;
      this.run = undefined;
      this.#host.requestUpdate();
    }
  }

  /** Stops what is being painted, within one stage, and what waits for that. */
  cancel(): void {
    this.#next?.abort();
    this.#stop();
  }

  #stop(): void {
    if (!this.run || this.run.isCancelling) return;
    this.#update({ isCancelling: true });
    this.#abort.abort();
  }

  /** Makes a picture of the draft that is shown. */
  keepDraft(): FinishedPicture | undefined {
    const draft = this.#draft;
    if (!draft || !this.picture?.isDraft) return undefined;
    this.#draft = undefined;
    this.picture = { ...this.picture, isDraft: false };
    this.#host.requestUpdate();
    return draft;
  }

  /** Takes a notice away. */
  dismiss(notice: ShownNotice): void {
    this.notices = this.notices.filter((other) => other !== notice);
    this.#host.requestUpdate();
  }

  /** Takes every report and shows as many as people can see; stages can be far quicker. */
  #report(progress: Progress): void {
    if (!this.run) return;
    const last = this.run.progress;
    const isNew = progress.phase !== last?.phase || progress.step !== last.step;
    const steps = progress.steps ?? this.run.steps;
    this.run = { ...this.run, progress, steps };
    if (progress.memory) {
      const memory = record(this.run.memory, fractionDone(segmentsOf(steps), progress), progress.memory);
      this.run = { ...this.run, memory };
    }
    if (!isNew && performance.now() - this.#shownAt < PROGRESS_INTERVAL_MS) return;
    this.#shownAt = performance.now();
    this.#host.requestUpdate();
  }

  /** Of several pictures of a request the first is the one that is shown while they are painted. */
  #keep(index: number, preview: StepPreview): void {
    if (!this.run) return;
    const previews = withPreview(this.#previews.get(index) ?? [], preview, this.run.steps);
    this.#previews.set(index, previews);
    if (index === 0) this.#update({ preview, previews });
  }

  #update(change: Partial<Run>): void {
    if (!this.run) return;
    this.run = { ...this.run, ...change };
    this.#host.requestUpdate();
  }

  async #show(finished: FinishedPicture): Promise<void> {
    const { image, facts, request, seconds } = finished;
    const index = this.run?.finished ?? 0;
    const url = await paintableUrl(image.png);
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    const isDraft = this.run?.isDraft ?? false;
    this.#draft = isDraft ? finished : undefined;
    const { seed, variationSeed, width, height } = image;
    const { variation } = request;
    const isOwn = variation && variationSeed !== undefined;
    this.picture = {
      request: isOwn ? { ...request, variation: { ...variation, seed: variationSeed } } : request,
      model: facts.model,
      url,
      fileName: pictureFileName(request.prompt, seed),
      width,
      height,
      prompt: request.prompt,
      seed,
      steps: facts.timesteps.length,
      seconds,
      backend: facts.backend,
      receipt: undefined,
      previews: this.#previews.get(index) ?? [],
      isDraft,
    };
    this.#update({ finished: index + 1 });
  }
}

function receiptOf(result: GenerateResult, history: MemoryHistory | undefined): Receipt {
  const { precision, gpu, wasmHeapBytes, ms, timeline, unetEvaluations, lora } = result;
  const figures = { precision, gpu, wasmHeapBytes, ms, timeline, unetEvaluations, lora };
  if (!history || !gpu) return { ...figures, history: undefined };
  // What is worth knowing afterwards is the moment of the peak.
  const { peakBytes, byKind } = gpu;
  const latest = { ...history.latest, liveBytes: peakBytes, peakBytes, byKind };
  return { ...figures, history: { ...history, latest } };
}

/** The URL of a picture that can be painted in one go. Rejects, and keeps nothing, where it cannot be decoded. */
async function paintableUrl(png: BlobPart): Promise<string> {
  const url = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
  return url;
}
