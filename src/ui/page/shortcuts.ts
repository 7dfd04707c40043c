/** @file The keys that work anywhere on the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface ShortcutActions {
  /** Ctrl+Enter or ⌘+Enter; with Shift before all that waits. */
  readonly generate: (isNext: boolean) => void;
  /** Escape. */
  readonly cancel: () => void;
  /** Ctrl+Shift+X or ⌘+Shift+X. Shift+Escape would be easier to guess, but Chrome opens its task manager with it. */
  readonly stopAll: () => void;
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
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter' && isCommand) {
      event.preventDefault();
      this.#actions.generate(event.shiftKey);
    } else if (event.key.toLowerCase() === 'x' && isCommand && event.shiftKey) {
      event.preventDefault();
      this.#actions.stopAll();
    } else if (event.key === 'Escape' && !isSearch(event.composedPath()[0])) {
      this.#actions.cancel();
    }
  };
}

/** Escape empties a search first. */
function isSearch(target: EventTarget | undefined): boolean {
  return target instanceof HTMLInputElement && target.type === 'search' && target.value !== '';
}
