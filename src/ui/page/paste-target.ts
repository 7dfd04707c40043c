/** @file Files that are pasted anywhere on the page; text that is pasted stays with the field it is meant for. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class PasteTarget implements ReactiveController {
  readonly #onPaste: (files: File[]) => void;

  /** @param onPaste gets the files of every paste that holds any and no text */
  constructor(host: ReactiveControllerHost, onPaste: (files: File[]) => void) {
    this.#onPaste = onPaste;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('paste', this.#paste);
  }

  hostDisconnected(): void {
    window.removeEventListener('paste', this.#paste);
  }

  readonly #paste = (event: ClipboardEvent): void => {
    // A field may have taken it.
    if (event.defaultPrevented) return;
    const files = [...(event.clipboardData?.files ?? [])];
    // Programs put a picture of the text beside what is copied from them.
    if (files.length === 0 || event.clipboardData?.types.includes('text/plain')) return;
    event.preventDefault();
    this.#onPaste(files);
  };
}
