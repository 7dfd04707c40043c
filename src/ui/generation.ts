/**
 * @file The state of the one picture being made: what runs, what came of it, what went wrong. A picture stays
 * until the next one is finished, so that neither a cancel nor a failure takes anything away.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Engine } from '../engine/protocol/engine.ts';
import type { BackendKind, GenerateRequest, GenerateResult, Progress } from '../engine/protocol/generate.ts';
import { isCancelled, toPlainError, type PlainError } from '../error.ts';
import { pictureFileName } from './file-name.ts';
import { record, type MemoryHistory } from './memory-history.ts';
import type { ShownNotice } from './page-notice.ts';
import type { Receipt } from './picture-receipt.ts';
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
  readonly receipt: Receipt;
  /** Of its steps, as many as are kept; none where the model has no previews. */
  readonly previews: readonly StepPreview[];
}

/** The request under way and how far it is. */
export interface Run {
  readonly request: GenerateRequest;
  /** As far as is known before the engine tells. */
  readonly steps: number;
  readonly progress?: Progress;
  /** Absent where memory is not counted. */
  readonly memory?: MemoryHistory;
  /** The newest preview. */
  readonly preview?: StepPreview;
  readonly previews: readonly StepPreview[];
  readonly isCancelling: boolean;
}

/** How the last request ended, to be told once. */
export type Outcome = 'ready' | 'cancelled' | 'failed';

export class Generation implements ReactiveController {
  run: Run | undefined;
  picture: Picture | undefined;
  failure: PlainError | undefined;
  notices: readonly ShownNotice[] = [];
  outcome: Outcome | undefined;

  readonly #host: ReactiveControllerHost;
  #abort = new AbortController();
  #shownAt = 0;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.cancel();
  }

  /**
   * Makes a picture; does nothing while another is being made. Never rejects: failures become state.
   * @param notices what the page has to say of the order
   */
  async start(engine: Engine, request: GenerateRequest, notices: readonly ShownNotice[] = []): Promise<void> {
    if (this.run) return;
    this.#abort = new AbortController();
    this.failure = undefined;
    this.notices = notices;
    this.outcome = undefined;
    this.run = { request, steps: request.steps ?? 1, previews: [], isCancelling: false };
    this.#host.requestUpdate();
    try {
      const started = performance.now();
      const result = await engine.generate(request, {
        signal: this.#abort.signal,
        onProgress: (progress) => this.#report(progress),
        onPreview: (index, step, image) => this.#keep(index, { step, image }),
        onNotice: (notice) => (this.notices = [...this.notices, notice]),
      });
      const [image] = result.images;
      if (image) {
        const url = await paintableUrl(image.png);
        const { seed, width, height } = image;
        this.#show({
          request,
          model: result.model,
          url,
          fileName: pictureFileName(request.prompt, seed),
          width,
          height,
          prompt: request.prompt,
          seed,
          steps: result.timesteps.length,
          seconds: (performance.now() - started) / 1000,
          backend: result.backend,
          receipt: receiptOf(result, this.run.memory),
          previews: this.run.previews,
        });
      }
      this.outcome = 'ready';
    } catch (error) {
      if (!isCancelled(error)) this.failure = toPlainError(error);
      this.outcome = isCancelled(error) ? 'cancelled' : 'failed';
    } finally {
      this.run = undefined;
      this.#host.requestUpdate();
    }
  }

  /** Stops the picture being made, within one stage. */
  cancel(): void {
    if (!this.run || this.run.isCancelling) return;
    this.#update({ isCancelling: true });
    this.#abort.abort();
  }

  /** Shows a failure from elsewhere, or none. */
  fail(failure: PlainError | undefined): void {
    this.failure = failure;
    this.#host.requestUpdate();
  }

  /** Shows other notices. */
  note(notices: readonly ShownNotice[]): void {
    this.notices = notices;
    this.#host.requestUpdate();
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

  /** Of several pictures of a request the first is the one that is shown. */
  #keep(index: number, preview: StepPreview): void {
    if (!this.run || index !== 0) return;
    this.#update({ preview, previews: withPreview(this.run.previews, preview, this.run.steps) });
  }

  #update(change: Partial<Run>): void {
    if (!this.run) return;
    this.run = { ...this.run, ...change };
    this.#host.requestUpdate();
  }

  #show(picture: Picture): void {
    if (this.picture) URL.revokeObjectURL(this.picture.url);
    this.picture = picture;
  }
}

function receiptOf(result: GenerateResult, history: MemoryHistory | undefined): Receipt {
  const { precision, gpu, wasmHeapBytes, ms, unetEvaluations, lora } = result;
  const figures = { precision, gpu, wasmHeapBytes, ms, unetEvaluations, lora };
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
