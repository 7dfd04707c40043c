/** @file Where the user points at a model: by its address, or on disk. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { translate } from '../locale/index.ts';
import { modelAddress } from '../weights/model-address.ts';
import { controlStyles } from './control-styles.ts';
import './file-pickers.ts';
import { LocaleController } from './locale-controller.ts';

/**
 * @fires give-address - `CustomEvent<string>`: an absolute address
 * @fires pick-files - `CustomEvent<readonly File[]>`
 */
@customElement('emulsion-model-adder')
export class EmulsionModelAdder extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-3);
      }

      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: var(--space-1) var(--space-2);
      }

      label,
      .error {
        grid-column: 1 / -1;
      }

      .error {
        color: var(--accent);
        font-size: var(--text-small);
      }

      input[aria-invalid='true'] {
        border-color: var(--accent);
      }
    `,
  ];

  @state() private isWrong = false;
  @query('#address') private readonly address!: HTMLInputElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <form novalidate @submit=${this.onSubmit}>
        <label for="address">${translate('modelAddress')}</label>
        <input
          id="address"
          type="url"
          autocomplete="off"
          spellcheck="false"
          placeholder="https://…"
          aria-invalid=${this.isWrong}
          aria-describedby=${this.isWrong ? 'wrong' : nothing}
          @input=${() => (this.isWrong = false)}
        />
        <button type="submit">${translate('modelLook')}</button>
        <p id="wrong" class="error" role="alert" ?hidden=${!this.isWrong}>
          ${translate('modelAddressWrong')}
        </p>
      </form>
      <emulsion-file-pickers
        @pick-files=${({ detail }: CustomEvent<readonly File[]>) =>
          this.dispatchEvent(new CustomEvent('pick-files', { detail }))}
      ></emulsion-file-pickers>
      <p class="hint">${translate('dropHint')}</p>
    `;
  }

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    const detail = modelAddress(this.address.value);
    this.isWrong = detail === undefined;
    if (detail === undefined) this.address.focus();
    else this.dispatchEvent(new CustomEvent<string>('give-address', { detail }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-adder': EmulsionModelAdder;
  }
}
