/** @file Which model paints, under which licence, and how to open another. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { ModelDescription } from '../engine/protocol.ts';
import { translate } from '../locale/index.ts';
import { controlStyles } from './control-styles.ts';
import { LocaleController } from './locale-controller.ts';

/**
 * @fires open-folder - `CustomEvent<readonly File[]>`: the files of the folder the user picked
 * @fires open-embedded - the user wants the embedded model back
 */
@customElement('emulsion-model-panel')
export class EmulsionModelPanel extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-2);
      }

      h2 {
        color: var(--text-muted);
        font-size: var(--text-small);
        font-weight: 500;
      }

      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
        margin-top: var(--space-1);
      }

      button {
        min-height: 2.25rem;
        font-size: var(--text-small);
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Whether a model is being opened. */
  @property({ type: Boolean }) opening = false;
  /** Whether the model is one that came with the site. */
  @property({ type: Boolean }) embedded = true;
  @query('input') private readonly input!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const name = this.model?.name ?? translate('modelMissing');
    return html`
      <h2>${translate('model')}</h2>
      <div>
        <p class="name">${this.opening ? translate('modelOpening') : name}</p>
        ${
          this.model?.licence && !this.opening
            ? html`<p class="hint">${translate('licence', this.model.licence)}</p>`
            : nothing
        }
      </div>
      <div class="actions">
        <button type="button" @click=${() => this.input.click()}>${translate('openFolder')}</button>
        ${
          this.embedded
            ? nothing
            : html`
                <button type="button" @click=${() => this.dispatchEvent(new Event('open-embedded'))}>
                  ${translate('embeddedModel')}
                </button>
              `
        }
        <input
          type="file"
          hidden
          multiple
          webkitdirectory
          aria-label=${translate('openFolder')}
          @change=${this.onPick}
        />
      </div>
    `;
  }

  private readonly onPick = (): void => {
    const detail = [...(this.input.files ?? [])];
    // The same folder can be picked again after its files were mended.
    this.input.value = '';
    if (detail.length > 0) this.dispatchEvent(new CustomEvent<readonly File[]>('open-folder', { detail }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-panel': EmulsionModelPanel;
  }
}
