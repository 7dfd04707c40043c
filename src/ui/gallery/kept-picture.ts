/** @file A picture of the gallery in full: fetched from where it is kept when it is looked at, let go of afterwards. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toPlainError, type PlainError } from '../../error.ts';
import type { GalleryRecord } from '../../gallery/record.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

@customElement('emulsion-kept-picture')
export class EmulsionKeptPicture extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        position: relative;
        display: block;
        min-width: 0;
        min-height: 0;
      }

      img {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: contain;
      }

      /* Where another picture lies over or below it, in the half that is its own. */
      p {
        position: absolute;
        inset: 0;
        padding: var(--space-4);
        padding-inline: calc(var(--space-4) + var(--covered-start, 0%))
          calc(var(--space-4) + var(--covered-end, 0%));
        overflow: auto;
        background: var(--sunken);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) record!: GalleryRecord;
  /** Throws AppError where there is no file any more. */
  @property({ attribute: false }) fileOf!: (id: string) => Promise<Blob>;
  @state() private url: string | undefined;
  @state() private failure: PlainError | undefined;

  constructor() {
    super();
    new LocaleController(this);
    this.addController({
      // Moved within the page, it has nothing to show any more.
      hostConnected: () => this.hasUpdated && void this.open(this.record.id),
      hostDisconnected: () => this.release(),
    });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('record') && changed.get('record')?.id !== this.record.id) void this.open(this.record.id);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.failure) return html`<p role="alert">${errorSentence(this.failure)}</p>`;
    if (this.url === undefined) return nothing;
    return html`<img src=${this.url} alt=${translate('pictureAlt', this.record.prompt)} />`;
  }

  private async open(id: string): Promise<void> {
    try {
      const file = await this.fileOf(id);
      if (!this.isConnected || id !== this.record.id) return;
      this.release();
      this.failure = undefined;
      this.url = URL.createObjectURL(file);
    } catch (error) {
      if (id === this.record.id) this.failure = toPlainError(error);
    }
  }

  private release(): void {
    if (this.url !== undefined) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-kept-picture': EmulsionKeptPicture;
  }
}
