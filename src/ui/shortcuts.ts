/** @file The keys that work anywhere on the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface ShortcutActions {
  /** Ctrl+Enter or ⌘+Enter. */
  readonly generate: () => void;
  /** Escape. */
  readonly cancel: () => void;
}

export class Shortcuts implements ReactiveController {
  readonly #actions: ShortcutActions;

  constructor(host: ReactiveControllerHost, actions: ShortcutActions) {
    this.#actions = actions;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('keydown', this.#onKeyDown);
  }

  hostDisconnected(): void {
    window.removeEventListener('keydown', this.#onKeyDown);
  }

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    // Keys that pick or close the candidates of an input method are meant for it.
    if (event.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#actions.generate();
    } else if (event.key === 'Escape') {
      this.#actions.cancel();
    }
  };
}
