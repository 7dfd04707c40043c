/** @file Renders an element again when the language changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { onLocaleChange } from '../../locale/index.ts';

/** Every element that shows text has one. */
export class LocaleController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #stop: (() => void) | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = onLocaleChange(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#stop?.();
  }
}
