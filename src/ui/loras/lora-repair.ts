/** @file How a refused LoRA may be repaired: with the choice that a scale above the limit leaves. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import type { LoraReason, ScaleRepair } from '../../lora/verdict.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { percent, short } from './lora-report.ts';

/** @fires repair-lora - `CustomEvent<ScaleRepair>` */
@customElement('emulsion-lora-repair')
export class EmulsionLoraRepair extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        justify-items: start;
        gap: var(--space-2);
      }

      fieldset {
        display: grid;
        gap: var(--space-2);
      }

      .choice {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        align-items: baseline;
        gap: 0 var(--space-2);
      }

      .choice label {
        color: var(--text);
      }

      .choice p {
        grid-column: 2;
      }

      input[type='radio'] {
        width: 1rem;
        min-height: 1rem;
        margin: 0;
        accent-color: var(--accent);
      }

      legend {
        margin-bottom: var(--space-1);
      }

      button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }
    `,
  ];

  @property({ attribute: false }) reasons: readonly LoraReason[] = [];
  @state() private scale: ScaleRepair = 'folded';

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      ${this.renderChoice()}
      <button
        type="button"
        class="primary"
        @click=${() =>
          this.dispatchEvent(new CustomEvent<ScaleRepair>('repair-lora', { detail: this.scale }))}
      >
        ${translate('loraRepair')}
      </button>
      <p class="hint">${translate('loraRepairHint')}</p>
    `;
  }

  private renderChoice(): TemplateResult | typeof nothing {
    const broken = this.reasons.filter(({ rule }) => rule === 'scale');
    const scales = broken.map(({ value }) => Math.abs(Number(value)));
    const [limit] = broken.map((reason) => Number(reason.limit));
    if (limit === undefined) return nothing;
    const most = Math.max(...scales);
    return html`
      <fieldset>
        <legend>${translate('loraScaleChoice', short(most))}</legend>
        ${this.renderOption('folded', translate('loraFold'), translate('loraFoldHint'))}
        ${this.renderOption(
          'clamped',
          translate('loraClamp'),
          translate('loraClampHint', percent(limit / most)),
        )}
      </fieldset>
    `;
  }

  private renderOption(scale: ScaleRepair, label: string, hint: string): TemplateResult {
    return html`
      <div class="choice">
        <input
          id=${scale}
          type="radio"
          name="scale"
          .checked=${this.scale === scale}
          aria-describedby="${scale}-hint"
          @change=${() => (this.scale = scale)}
        />
        <label for=${scale}>${label}</label>
        <p id="${scale}-hint" class="hint">${hint}</p>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-repair': EmulsionLoraRepair;
  }
}
