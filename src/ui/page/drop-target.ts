/** @file The whole page as a place to drop files on. */
import {
  html,
  nothing,
  type ReactiveController,
  type ReactiveControllerHost,
  type TemplateResult,
} from 'lit';
import { translate } from '../../locale/index.ts';
import { droppedFiles } from './dropped-files.ts';

/** Only drags that carry files count; text dragged about stays with the browser. A part of the page may take a drop first. */
export class DropTarget implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #onDrop: (files: Promise<File[]>) => void;
  readonly #listeners: readonly (readonly [string, (event: DragEvent) => void])[];
  /** Whether files hover over the page. */
  #isOver = false;

  /** @param onDrop gets the files of every drop, as {@link droppedFiles} finds them */
  constructor(host: ReactiveControllerHost, onDrop: (files: Promise<File[]>) => void) {
    this.#host = host;
    this.#onDrop = onDrop;
    this.#listeners = [
      ['dragenter', this.#hover],
      ['dragover', this.#hover],
      ['dragleave', this.#leave],
      ['drop', this.#drop],
    ];
    host.addController(this);
  }

  hostConnected(): void {
    for (const [type, listener] of this.#listeners) window.addEventListener(type, listener as EventListener);
  }

  hostDisconnected(): void {
    for (const [type, listener] of this.#listeners)
      window.removeEventListener(type, listener as EventListener);
  }

  /** What covers the page meanwhile. */
  render(): TemplateResult | typeof nothing {
    if (!this.#isOver) return nothing;
    return html`
      <div class="drop" role="status">
        <p>${translate('dropTitle')}</p>
        <p class="hint">${translate('dropHere')}</p>
      </div>
    `;
  }

  readonly #hover = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    // Without this the browser would open the file in place of the page.
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.#show(true);
  };

  readonly #leave = (event: DragEvent): void => {
    // Leaving an element for one inside it is no leaving of the page.
    if (event.relatedTarget === null) this.#show(false);
  };

  readonly #drop = (event: DragEvent): void => {
    this.#show(false);
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.#onDrop(droppedFiles(event.dataTransfer));
  };

  #show(isOver: boolean): void {
    if (isOver === this.#isOver) return;
    this.#isOver = isOver;
    this.#host.requestUpdate();
  }
}
