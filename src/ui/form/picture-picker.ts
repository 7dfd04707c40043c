/** @file A finished picture whose settings are to be taken over: what dropping it does, for those who do not drop. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires pick-picture - `CustomEvent<File>`, bubbles */
@customElement('emulsion-picture-picker')
export class EmulsionPicturePicker extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
        min-width: 0;
      }
    `,
  ];

  @query('input') private readonly input!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <button type="button" @click=${() => this.input.click()}>${translate('pictureTake')}</button>
      <input
        type="file"
        hidden
        accept="image/png"
        aria-label=${translate('pictureTake')}
        @change=${this.onPick}
      />
      <p class="hint">${translate('pictureTakeHint')}</p>
    `;
  }

  private readonly onPick = (): void => {
    const [detail] = this.input.files ?? [];
    if (detail)
      this.dispatchEvent(new CustomEvent<File>('pick-picture', { detail, bubbles: true, composed: true }));
    // The same picture can be picked again.
    this.input.value = '';
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-picker': EmulsionPicturePicker;
  }
}
