/** @file Where the user points at a model: by its address, or on disk, with components that come from elsewhere. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { ComponentName, ModelReference } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { modelAddress } from '../../weights/model-address.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import '../parts/file-pickers.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** The components that are often swapped. */
const COMPONENTS = ['unet', 'vae', 'tiny_vae'] as const;
type Field = 'address' | (typeof COMPONENTS)[number];

const LABELS = {
  address: 'modelAddress',
  unet: 'componentUnet',
  vae: 'componentVae',
  tiny_vae: 'componentTinyVae',
} as const satisfies Record<Field, string>;

/** @fires give-model - `CustomEvent<ModelReference>` */
@customElement('emulsion-model-adder')
export class EmulsionModelAdder extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-3);
      }

      form {
        display: grid;
        gap: var(--space-3);
      }

      .field {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1) var(--space-2);
      }

      label,
      .error {
        flex: 1 0 100%;
      }

      input {
        flex: 1;
        min-width: 0;
      }

      details > :not(summary) {
        margin-top: var(--space-2);
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

  /** The field that holds no address, until it is changed. */
  @state() private wrong: Field | undefined;
  @query('details') private readonly details!: HTMLDetailsElement;

  constructor() {
    super();
    new LocaleController(this);
  }

  /** A model with the components that the fields name; nothing when one of them is wrong, which is then shown. */
  compose(base: ModelReference): ModelReference | undefined {
    const parts: Partial<Record<ComponentName, ModelReference>> = {};
    for (const component of COMPONENTS) {
      if (this.input(component).value.trim() === '') continue;
      const part = this.read(component);
      if (!part) return undefined;
      parts[component] = part;
    }
    return Object.keys(parts).length === 0 ? base : { kind: 'composed', base, parts };
  }

  protected override render(): TemplateResult {
    return html`
      <form novalidate @submit=${this.onSubmit}>
        ${this.renderField('address', html`<button type="submit">${translate('modelLook')}</button>`)}
        <details>
          <summary>${translate('componentsElsewhere')}</summary>
          <p class="hint">${translate('componentsHint')}</p>
          ${COMPONENTS.map((component) => this.renderField(component))}
        </details>
      </form>
      <emulsion-file-pickers
        @pick-files=${({ detail: files }: CustomEvent<readonly File[]>) => this.give({ kind: 'files', files })}
      ></emulsion-file-pickers>
      <p class="hint">${translate('dropHint')}</p>
    `;
  }

  private renderField(field: Field, button: TemplateResult | typeof nothing = nothing): TemplateResult {
    const isWrong = this.wrong === field;
    return html`
      <div class="field">
        <label for=${field}>${translate(LABELS[field])}</label>
        <input
          id=${field}
          type="url"
          autocomplete="off"
          spellcheck="false"
          placeholder="https://…"
          aria-invalid=${isWrong}
          aria-describedby=${isWrong ? `${field}-wrong` : nothing}
          @input=${() => isWrong && (this.wrong = undefined)}
        />
        ${button}
        <p id="${field}-wrong" class="error" role="alert" ?hidden=${!isWrong}>
          ${translate('modelAddressWrong')}
        </p>
      </div>
    `;
  }

  private readonly onSubmit = (event: Event): void => {
    event.preventDefault();
    const base = this.read('address');
    if (base) this.give(base);
  };

  private give(base: ModelReference): void {
    const detail = this.compose(base);
    if (detail) this.dispatchEvent(new CustomEvent<ModelReference>('give-model', { detail }));
  }

  /** What is at the address in a field; nothing when it is none, which is then shown. */
  private read(field: Field): ModelReference | undefined {
    const input = this.input(field);
    const url = modelAddress(input.value);
    if (url !== undefined) return { kind: 'url', url };
    this.wrong = field;
    if (field !== 'address') this.details.open = true;
    input.focus();
    return undefined;
  }

  private input(field: Field): HTMLInputElement {
    return this.renderRoot.querySelector(`#${field}`) as HTMLInputElement;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-model-adder': EmulsionModelAdder;
  }
}
