/** @file What the noise of the next picture is varied with, while it is: taken over from a varied picture, to be changed or left out. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Variation } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { fieldStyles } from '../parts/choice-field.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { closeIcon } from '../parts/icons.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { parseSeed } from '../settings/seed.ts';

/** @fires change-variation - `CustomEvent<Variation | null>`: for the next picture; `null` is none */
@customElement('emulsion-variation-field')
export class EmulsionVariationField extends LitElement {
  static override styles = [
    controlStyles,
    fieldStyles,
    css`
      :host {
        gap: var(--space-1);
      }

      output {
        margin-inline-start: auto;
        font-variant-numeric: tabular-nums;
      }

      button.icon {
        width: 1.75rem;
        min-height: 1.75rem;
        border: 0;
      }
    `,
  ];

  @property({ attribute: false }) variation: Variation | null = null;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { variation } = this;
    if (!variation) return nothing;
    const { seed, strength } = variation;
    return html`
      <div class="head">
        <label for="strength">${translate('variation')}</label>
        <output for="strength">${strength.toFixed(2)}</output>
        <button
          type="button"
          class="icon"
          aria-label=${translate('variationRemove')}
          title=${translate('variationRemove')}
          @click=${() => this.change(null)}
        >
          ${closeIcon}
        </button>
      </div>
      <input
        id="strength"
        type="range"
        min="0"
        max="1"
        step="0.01"
        .value=${String(strength)}
        aria-describedby="hint"
        @input=${(event: Event) =>
          this.change({ seed, strength: (event.target as HTMLInputElement).valueAsNumber })}
      />
      <p id="hint" class="hint">${translate('variationHint')}</p>
      <label for="seed">${translate('variationSeed')}</label>
      <input
        id="seed"
        inputmode="numeric"
        autocomplete="off"
        spellcheck="false"
        maxlength="20"
        .value=${String(seed)}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          const typed = parseSeed(input.value);
          if (typed === undefined) input.value = String(seed);
          else this.change({ seed: typed, strength });
        }}
      />
    `;
  }

  private change(detail: Variation | null): void {
    this.dispatchEvent(new CustomEvent<Variation | null>('change-variation', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-variation-field': EmulsionVariationField;
  }
}
