/** @file The keys that work anywhere on the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { isPressed, KEYS } from '../parts/keys.ts';

export interface ShortcutActions {
  /** Whether keys are those of something that covers the page. */
  readonly isCovered: () => boolean;
  /** With `isNext` before all that waits. */
  readonly generate: (isNext: boolean) => void;
  readonly cancel: () => void;
  readonly stopAll: () => void;
  /** Lists the keys. */
  readonly help: () => void;
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
    if (this.#actions.isCovered()) return;
    const [target] = event.composedPath();
    const isNext = isPressed(event, KEYS.generateNext);
    if (isNext || isPressed(event, KEYS.generate)) {
      event.preventDefault();
      this.#actions.generate(isNext);
    } else if (isPressed(event, KEYS.stopAll)) {
      event.preventDefault();
      this.#actions.stopAll();
    } else if (isPressed(event, KEYS.escape) && !isSearch(target)) {
      this.#actions.cancel();
    } else if (isPressed(event, KEYS.help) && !isText(target)) {
      event.preventDefault();
      this.#actions.help();
    }
  };
}

/** Characters are text there. */
function isText(target: EventTarget | undefined): boolean {
  if (target instanceof HTMLInputElement) return !/^(checkbox|range|button|file)$/.test(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Escape empties a search first. */
function isSearch(target: EventTarget | undefined): boolean {
  return target instanceof HTMLInputElement && target.type === 'search' && target.value !== '';
}
