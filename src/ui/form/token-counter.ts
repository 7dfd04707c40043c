/**
 * @file How long a text is to the open model, as `12/75`: counted by the engine, one text at a time and always the last one.
 * What is shown stays until the next count is there; without a model there is none.
 */
import {
  html,
  nothing,
  type ReactiveController,
  type ReactiveControllerHost,
  type TemplateResult,
} from 'lit';
import type { ModelDescription, TokenCount } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';

/** `undefined` where no model is open. */
export type CountTokens = (text: string) => Promise<TokenCount | undefined>;

interface Wish {
  readonly text: string;
  readonly model: ModelDescription;
  readonly count: CountTokens;
}

export class TokenCounter implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #wish: Wish | undefined;
  #isCounting = false;
  #shown: TokenCount | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#wish = undefined;
  }

  /** Tells what the text is now, and the model; for the host's `willUpdate`. */
  update(text: string, model: ModelDescription | undefined, count: CountTokens | undefined): void {
    if (!model || !count) {
      this.#wish = undefined;
      return;
    }
    if (this.#wish?.text === text && this.#wish.model === model) return;
    this.#wish = { text, model, count };
    if (!this.#isCounting) void this.#count();
  }

  /** The count, with an id for `aria-describedby`. */
  render(id: string): TemplateResult | typeof nothing {
    if (!this.#wish || !this.#shown) return nothing;
    const { tokens, limit } = this.#shown;
    return html`<span id=${id} class="tokens">
      <span aria-hidden="true">${tokens}/${limit}</span>
      <span class="visually-hidden">${translate('tokenCount', tokens, limit)}</span>
    </span>`;
  }

  async #count(): Promise<void> {
    this.#isCounting = true;
    for (let done: Wish | undefined; this.#wish && this.#wish !== done;) {
      done = this.#wish;
      // A model that cannot be read says so when it is painted with.
      this.#shown = await done.count(done.text).catch(() => undefined);
      this.#host.requestUpdate();
    }
    this.#isCounting = false;
  }
}
