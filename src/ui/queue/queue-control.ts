/**
 * @file The queue at work: orders go through the engine one after another, are kept through reloads, and are told of in the
 * title of the window and to whoever listens. Data goes one way: order → queue → generation → picture.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { DeviceReport } from '../../engine/device-report.ts';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { Announcer } from '../parts/announcer.ts';
import type { FinishedPicture, Generation, Run } from '../painting/generation.ts';
import type { ShownNotice } from '../parts/page-notice.ts';
import type { Ending } from '../painting/ending.ts';
import { PictureQueue } from './picture-queue.ts';
import { QueueKeeper } from './queue-keeper.ts';
import { fractionDone, segmentsOf } from '../painting/run-progress.ts';
import { stepSentence } from '../painting/step-previews.ts';

/** Pictures that share what is sent to the GPU; with more of them, the first would take long to come. */
const MOST_TOGETHER = 8;

interface ControlParts {
  readonly engine: () => Engine;
  readonly generation: Generation;
  readonly device: () => DeviceReport | undefined;
  /** Keeps a finished picture; never rejects. */
  readonly keep: (picture: FinishedPicture) => Promise<unknown>;
  /** Whether there are pictures that could not be kept. */
  readonly hasUnkept: () => boolean;
  /** Called when the first of some orders begins, and when the last has ended. */
  readonly onBusy: (isBusy: boolean) => void;
}

export class QueueControl implements ReactiveController {
  readonly queue: PictureQueue;
  readonly announcer: Announcer;

  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;
  readonly #keeper: QueueKeeper;
  #isBusy = false;
  /** Pictures finished since the queue was last empty. */
  #finished = 0;
  /** The step that was told of last. */
  #step: number | undefined;
  #title = '';

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
    this.announcer = new Announcer(() => host.requestUpdate());
    this.queue = new PictureQueue({
      paint: (request, notices, onPicture) => this.#paint(request, notices, onPicture),
      cancel: () => parts.generation.cancel(),
      together: (request) => this.#together(request),
      onChange: () => this.#onChange(),
    });
    this.#keeper = new QueueKeeper(this.queue);
    host.addController(this);
  }

  hostConnected(): void {
    this.#title = document.title;
    this.#keeper.start();
  }

  hostUpdated(): void {
    const { run } = this.#parts.generation;
    const order = run?.isDraft ? undefined : run;
    const title = order
      ? translate('titleBusy', percentOf(order), this.queue.picturesLeft, this.#title)
      : this.#title;
    if (document.title !== title) document.title = title;
    this.#tellStep(order);
  }

  /** Takes an order; while others are being made or wait, that is told. */
  add(request: GenerateRequest, notices: readonly ShownNotice[], isNext: boolean): void {
    const { isBusy } = this.queue;
    this.queue.add(request, notices, isNext);
    if (isBusy) this.announcer.sayNow(translate('queueAdded', this.queue.picturesLeft));
  }

  async #paint(
    request: GenerateRequest,
    notices: readonly ShownNotice[],
    onPicture: () => void,
  ): Promise<Ending> {
    const { generation, engine, keep, hasUnkept } = this.#parts;
    const isKnown = hasUnkept();
    const ending = await generation.start(engine(), request, {
      notices,
      onPicture: async (picture) => {
        // Before the order counts it as done: after a crash it may be painted again, but is not lost.
        await keep(picture);
        this.#finished++;
        onPicture();
        this.#tellOf(picture);
      },
    });
    // Whoever goes on without room is not asked again for every picture.
    if (hasUnkept() && !isKnown) this.queue.pause();
    if (ending.kind === 'cancelled') this.announcer.sayNow(translate('cancelled'));
    // That is told elsewhere; of its steps there is nothing more to say.
    if (ending.kind === 'failed') this.announcer.sayNow('');
    return ending;
  }

  /**
   * On a GPU, pictures of an order that differ in their seeds alone share the weights that are sent for each stage. On the CPU
   * there is nothing to share, and the first picture would come as late as the last.
   */
  #together({ backend }: GenerateRequest): number {
    const kind = backend === 'auto' ? this.#parts.device()?.backend : backend;
    return kind === 'webgpu' ? MOST_TOGETHER : 1;
  }

  /** Until the first picture is there; then the pictures are told of. */
  #tellStep(run: Run | undefined): void {
    const { phase, step, steps = 1 } = run?.progress ?? {};
    const begun = phase === 'denoise' ? step : undefined;
    if (begun === this.#step) return;
    this.#step = begun;
    const sentence = begun === undefined ? undefined : stepSentence(begun, steps);
    if (sentence !== undefined && this.#finished === 0) this.announcer.say(sentence);
  }

  #tellOf({ seconds }: FinishedPicture): void {
    const left = this.queue.picturesLeft;
    if (left > 0) this.announcer.say(translate('readyOf', this.#finished, left));
    else if (this.#finished === 1) this.announcer.sayNow(translate('ready', seconds.toFixed(1)));
    else this.announcer.say(translate('readyAll', this.#finished));
  }

  #onChange(): void {
    const { isBusy } = this.queue;
    if (isBusy !== this.#isBusy) {
      this.#isBusy = isBusy;
      if (isBusy) {
        this.#finished = 0;
        this.announcer.sayNow(translate('paintingBegins'));
      }
      this.#parts.onBusy(isBusy);
    }
    this.#keeper.keep();
    this.#host.requestUpdate();
  }
}

function percentOf({ steps, progress }: Run): number {
  return Math.floor(100 * fractionDone(segmentsOf(steps), progress));
}
