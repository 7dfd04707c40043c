/** @file How strongly a LoRA is used: a slider, and the number for what lies between or beyond. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { WEIGHT_RANGE } from './lora-weight-range.ts';

/** @fires change-weight - `CustomEvent<number>` */
@customElement('emulsion-lora-weight')
export class EmulsionLoraWeight extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) 5.5rem;
        align-items: center;
        gap: var(--space-2) var(--space-3);
      }

      input[type='number'] {
        min-height: 2.25rem;
        padding: 0 var(--space-2);
        font-variant-numeric: tabular-nums;
      }

      .hint {
        grid-column: 1 / -1;
      }
    `,
  ];

  @property() name = '';
  @property({ type: Number }) weight = 1;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { min, max, step } = WEIGHT_RANGE;
    const label = translate('loraWeightOf', this.name);
    return html`
      <span class="label" aria-hidden="true">${translate('loraWeight')}</span>
      <input
        type="range"
        min=${min}
        max=${max}
        step=${step}
        .value=${live(String(this.weight))}
        aria-label=${label}
        @input=${this.onInput}
      />
      <input
        type="number"
        min=${min}
        max=${max}
        step=${step}
        .value=${live(String(this.weight))}
        aria-label=${label}
        @change=${this.onInput}
      />
      ${this.weight === 0 ? html`<p class="hint">${translate('loraNoWeight')}</p>` : ''}
    `;
  }

  private readonly onInput = (event: Event): void => {
    const { valueAsNumber } = event.target as HTMLInputElement;
    // An empty field is no weight; the one there was comes back.
    if (Number.isNaN(valueAsNumber)) this.requestUpdate();
    else this.dispatchEvent(new CustomEvent<number>('change-weight', { detail: valueAsNumber }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-weight': EmulsionLoraWeight;
  }
}
