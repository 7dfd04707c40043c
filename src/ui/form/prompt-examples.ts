/** @file Prompts that the model suggests, each of them one click away. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ModelDescription } from '../../engine/protocol/model.ts';
import { inLanguage, translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires use-example - `CustomEvent<string>` */
@customElement('emulsion-prompt-examples')
export class EmulsionPromptExamples extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }

      /* Room for as many as the embedded model has: what is below stays where it is when they come. */
      .coming {
        min-height: 10.375rem;
      }

      ul {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
        margin: var(--space-1) 0 0;
        padding: 0;
        list-style: none;
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  /** Whether a model is being opened. */
  @property({ type: Boolean }) opening = false;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.opening && !this.model) return html`<div class="coming"></div>`;
    const lists = this.model?.examples ?? {};
    const examples = inLanguage(lists) ?? Object.values(lists)[0] ?? [];
    if (examples.length === 0) return nothing;
    return html`
      <ul aria-label=${translate('examples')}>
        ${examples.map(
          (detail) => html`
            <li>
              <button
                type="button"
                class="chip"
                @click=${() => this.dispatchEvent(new CustomEvent<string>('use-example', { detail }))}
              >
                ${detail}
              </button>
            </li>
          `,
        )}
      </ul>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-prompt-examples': EmulsionPromptExamples;
  }
}
