/**
 * @file What is written in the form, kept for its tab: neither a reload nor a browser that lets go of a page in the
 * background takes it away. It is kept as a link has it, in the tab's own storage. Another tab, and another visit, begin
 * with what the model says.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { formatShared, parseShared, type SharedSettings } from '../settings/share-link.ts';

const NAME = 'emulsion:form';

export class FormKeeper implements ReactiveController {
  readonly #describe: () => SharedSettings;
  /** What was kept, until there is a model that it can go with. */
  #kept = readKept();

  /** @param describe what the form says */
  constructor(host: ReactiveControllerHost, describe: () => SharedSettings) {
    this.#describe = describe;
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('pagehide', this.keep);
    document.addEventListener('visibilitychange', this.keep);
  }

  hostDisconnected(): void {
    removeEventListener('pagehide', this.keep);
    document.removeEventListener('visibilitychange', this.keep);
  }

  /** The prompt that was kept; empty where there is none. */
  get prompt(): string {
    return this.#kept?.prompt ?? '';
  }

  /** What was kept, as far as it goes with the first model. It is given once. */
  take({ name }: Pick<ModelDescription, 'name'>): Partial<SharedSettings> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (!kept) return {};
    const { prompt, negative } = kept;
    // Sizes, steps and styles are a model's own.
    return kept.model === name ? kept : { prompt, negative };
  }

  /** Keeps what the form says now. */
  readonly keep = (): void => {
    const said = this.#describe();
    const settings = this.#kept ? { ...this.#kept, prompt: said.prompt } : said;
    try {
      sessionStorage.setItem(NAME, formatShared(settings));
    } catch {
      // Storage is blocked or full; a reload begins anew.
    }
  };
}

function readKept(): SharedSettings | undefined {
  try {
    return parseShared(sessionStorage.getItem(NAME) ?? '');
  } catch {
    // Storage is blocked.
    return undefined;
  }
}
