/** @file Links that carry what the form says: written for others, and taken when one leads here. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { PageMessages } from '../parts/page-messages.ts';
import type { SettingsPlaces } from './restore-settings.ts';
import { unmetGuidance } from '../form/guidance-form.ts';
import { formatShared, parseShared } from '../settings/share-link.ts';

interface ControlParts {
  readonly places: () => SettingsPlaces;
  readonly messages: PageMessages;
}

export class ShareControl implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #parts: ControlParts;

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#host = host;
    this.#parts = parts;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('hashchange', this.#onHash);
  }

  hostDisconnected(): void {
    window.removeEventListener('hashchange', this.#onHash);
  }

  /** Whichever model comes first, and however it came. */
  hostUpdated(): void {
    void this.#take();
  }

  readonly #onHash = (): void => void this.#take();

  /** The address of this page with what the form says, and the LoRAs that are on. */
  readonly write = (): string => {
    const { form, loras } = this.#parts.places();
    const { shared } = form;
    const hash = formatShared({ ...shared, prompt: loras.tagged(shared.prompt) });
    return location.href.replace(/#.*$/, '') + hash;
  };

  /** Takes over what a link says; nothing is painted. Before a model is open there is nothing to take it over to. */
  async #take(): Promise<void> {
    const { form, loras, model } = this.#parts.places();
    const { messages } = this.#parts;
    if (location.hash === '' || !model) return;
    const shared = parseShared(location.hash);
    // What is changed from here on is not the link's any more.
    history.replaceState(null, '', location.pathname + location.search);
    // First the model's own size and the shelf have to be there.
    await this.#host.updateComplete;
    await Promise.all([form.settled, loras.loaded]);
    if (!shared) {
      messages.note([{ kind: 'link-broken' }]);
      return;
    }
    const { prompt, notices } = loras.restore({ ...shared, loraHashes: new Map() });
    const own = await form.restore({ ...shared, strength: undefined, prompt });
    const unmet = unmetGuidance(shared, model);
    const other = shared.model === model.name ? undefined : shared.model;
    messages.note([
      { kind: 'link-taken' },
      ...(other === undefined ? [] : [{ kind: 'link-other-model', model: other } as const]),
      ...(unmet.length > 0 ? [{ kind: 'picture-not-honoured', settings: unmet } as const] : []),
      ...own,
      ...notices,
    ]);
  }
}
