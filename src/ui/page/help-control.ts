/** @file What explains the page: the list of its keys, and the tour of a first visit. Both are loaded when they are wanted. */
import { html, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { toPlainError, type PlainError } from '../../error.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';
import type { EmulsionHelpDialog } from './help-dialog.ts';
import type { EmulsionTour, Landmarks } from './tour.ts';

const TOUR_PREFERENCE = 'tour';

interface HelpParts {
  /** What the tour points at. */
  readonly landmarks: () => Landmarks;
  readonly onFailure: (failure: PlainError, retry: () => void) => void;
}

export class HelpControl {
  readonly #host: ReactiveControllerHost & { readonly renderRoot: ParentNode };
  readonly #parts: HelpParts;
  /** Who follows a link has come for what it says. */
  #isKnown = readPreference(TOUR_PREFERENCE) !== null || location.hash !== '';

  constructor(host: ReactiveControllerHost & { readonly renderRoot: ParentNode }, parts: HelpParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Nothing but names until they are wanted. */
  render(): TemplateResult {
    return html`
      <emulsion-help-dialog @show-tour=${() => void this.#showTour()}></emulsion-help-dialog>
      <emulsion-tour @end-tour=${() => this.endTour()}></emulsion-tour>
    `;
  }

  get isOpen(): boolean {
    return this.#dialog.isOpen;
  }

  readonly open = async (): Promise<void> => {
    try {
      await import('./help-dialog.ts');
      await this.#dialog.updateComplete;
      this.#dialog.show();
    } catch (error) {
      this.#parts.onFailure(toPlainError(error), () => void this.open());
    }
  };

  /** Shows the tour to whoever has not been here before. */
  async offerTour(): Promise<void> {
    if (!this.#isTourNew()) return;
    // Nobody has asked for it, so nobody misses it.
    await import('./tour.ts').catch(() => undefined);
    // A picture may have been ordered meanwhile.
    if (this.#isTourNew()) this.#beginTour();
  }

  /** Takes it away, where it is shown. */
  dismissTour(): void {
    if (this.#tour.isOpen) this.endTour();
  }

  /** It does not come by itself again. */
  endTour(): void {
    this.#isKnown = true;
    writePreference(TOUR_PREFERENCE, 'known');
    this.#tour.end?.();
  }

  async #showTour(): Promise<void> {
    try {
      await import('./tour.ts');
      this.#parts.landmarks().prompt.scrollIntoView({ block: 'nearest' });
      this.#beginTour();
    } catch (error) {
      this.#parts.onFailure(toPlainError(error), () => void this.#showTour());
    }
  }

  #isTourNew(): boolean {
    return !this.#isKnown;
  }

  #beginTour(): void {
    void this.#tour.begin?.(this.#parts.landmarks());
  }

  get #dialog(): EmulsionHelpDialog {
    return this.#host.renderRoot.querySelector('emulsion-help-dialog') as EmulsionHelpDialog;
  }

  get #tour(): Partial<EmulsionTour> {
    return this.#host.renderRoot.querySelector('emulsion-tour') ?? {};
  }
}
