/** @file Which model paints, under which licence, and the way to all others. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { panelStyles } from '../parts/panel-styles.ts';

/** @fires open-models - the user wants to see the models */
@customElement('emulsion-model-panel')
export class EmulsionModelPanel extends LitElement {
  static override styles = [
    controlStyles,
    panelStyles,
    css`
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Whether a model is being opened. */
  @property({ type: Boolean }) opening = false;
  /** Whether it is used from disk or from its address, and gone after this visit. */
  @property({ type: Boolean }) passing = false;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const name = this.model?.name ?? translate('modelMissing');
    return html`
      <div>
        <h2>${translate('model')}</h2>
        <p class="name">${this.opening ? translate('modelOpening') : name}</p>
        ${
          this.model?.licence && !this.opening
            ? html`<p class="hint">${translate('licence', this.model.licence)}</p>`
            : nothing
        }
        ${this.passing && !this.opening ? html`<p class="hint">${translate('modelPassing')}</p>` : nothing}
      </div>
      <button type="button" @click=${() => this.dispatchEvent(new Event('open-models'))}>
        ${translate('modelsOpen')}
      </button>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-panel': EmulsionModelPanel;
  }
}
