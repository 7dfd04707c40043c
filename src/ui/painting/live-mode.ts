/**
 * @file Live: a draft of what the form describes, painted whenever that has changed and the user pauses. The latest
 * description wins; one that is outdated is not painted to its end. Orders go first: while the queue works, there are no
 * drafts.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { ShownNotice } from '../parts/page-notice.ts';
import type { Ending } from './ending.ts';

/** Long enough for the next letter, short enough to be no wait. */
const PAUSE_MS = 250;
/** What a user does anything with. */
const TOUCHES = ['input', 'keyup', 'click'] as const;

export interface Draft {
  readonly request: GenerateRequest;
  readonly notices: readonly ShownNotice[];
}

interface LiveParts {
  /** What the form describes; `undefined` where nothing can be painted of it. */
  readonly describe: () => Draft | undefined;
  /** Whether orders are being made or wait. */
  readonly isBusy: () => boolean;
  /** Paints a draft, and what was being painted of another one no further. */
  readonly paint: (draft: Draft) => Promise<Ending>;
  readonly cancel: () => void;
  readonly onFailure: (ending: Ending & { kind: 'failed' }) => void;
}

export class LiveMode implements ReactiveController {
  isOn = false;
  /** What the last draft took; absent before the first. */
  seconds: number | undefined;

  readonly #host: ReactiveControllerHost & EventTarget;
  readonly #parts: LiveParts;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** What was painted last, or is being painted. */
  #painted = '';

  constructor(host: ReactiveControllerHost & EventTarget, parts: LiveParts) {
    this.#host = host;
    this.#parts = parts;
    host.addController(this);
  }

  hostConnected(): void {
    for (const touch of TOUCHES) this.#host.addEventListener(touch, this.#onTouch);
  }

  hostDisconnected(): void {
    for (const touch of TOUCHES) this.#host.removeEventListener(touch, this.#onTouch);
    clearTimeout(this.#pause);
  }

  /** Things change without a touch too: a dropped picture gives its settings, the queue has ended. */
  hostUpdated(): void {
    if (this.isOn) this.#pause ??= setTimeout(this.#look, PAUSE_MS);
  }

  switch(isOn: boolean): void {
    this.isOn = isOn;
    this.#painted = '';
    if (!isOn) {
      this.#stopWaiting();
      this.#parts.cancel();
    }
    this.#host.requestUpdate();
  }

  /** What is described has been ordered: a draft of the same would tell nothing new. */
  ordered(): void {
    const draft = this.isOn ? this.#parts.describe() : undefined;
    if (draft) this.#painted = keyOf(draft);
  }

  readonly #onTouch = (): void => {
    if (!this.isOn) return;
    this.#stopWaiting();
    this.#pause = setTimeout(this.#look, PAUSE_MS);
  };

  readonly #look = (): void => {
    this.#pause = undefined;
    const draft = this.#parts.isBusy() ? undefined : this.#parts.describe();
    if (!draft || draft.request.prompt === '') return;
    const key = keyOf(draft);
    if (key === this.#painted) return;
    this.#painted = key;
    void this.#paint(draft);
  };

  async #paint(draft: Draft): Promise<void> {
    const started = performance.now();
    const ending = await this.#parts.paint(draft);
    if (ending.kind === 'ready') this.seconds = (performance.now() - started) / 1000;
    // The next letter would meet with the same failure.
    if (ending.kind === 'failed') {
      this.switch(false);
      this.#parts.onFailure(ending);
    }
    this.#host.requestUpdate();
  }

  #stopWaiting(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }
}

/** Tells requests apart; files by what is known of them without reading them. */
function keyOf({ request }: Draft): string {
  return JSON.stringify(request, (_name, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof File) return [value.name, value.size, value.lastModified];
    if (value instanceof Uint8Array) {
      const middle = value.length >> 1;
      return [value.length, ...value.subarray(middle, middle + 64), ...value.subarray(-64)];
    }
    return value;
  });
}
