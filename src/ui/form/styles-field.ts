/** @file Styles to paint in: the open model's own, else general ones; chosen from a list that can be searched. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ModelDescription, StyleTemplate } from '../../engine/protocol/model.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { styleName } from './styles-template.ts';

/** Fewer are found at a glance. */
const SEARCHED_FROM = 16;

/** Those of a model's styles that have these ids; none where they cannot be fetched. */
export async function stylesNamed(
  ids: readonly string[],
  model: Pick<ModelDescription, 'styles'>,
): Promise<readonly StyleTemplate[]> {
  if (ids.length === 0) return [];
  const known = await stylesFor(model).catch(() => []);
  return ids.flatMap((id) => known.find((style) => style.id === id) ?? []);
}

/** The styles whose words a model knows. */
async function stylesFor(model: Pick<ModelDescription, 'styles'>): Promise<readonly StyleTemplate[]> {
  // Those for models that do not say are fetched when somebody looks.
  return model.styles ?? (await import('./styles.json')).default;
}

/** @fires change-styles - `CustomEvent<readonly StyleTemplate[]>`: for the next picture, in the order of their words */
@customElement('emulsion-styles-field')
export class EmulsionStylesField extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    css`
      .inside {
        display: grid;
        gap: var(--space-2);
        margin-top: var(--space-2);
      }

      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
        max-height: 14rem;
        padding: 2px;
        overflow: auto;
      }
    `,
  ];

  @property({ attribute: false }) model: ModelDescription | undefined;
  @property({ attribute: false }) chosen: readonly StyleTemplate[] = [];
  @state() private offered: readonly StyleTemplate[] = [];
  @state() private isOpen = false;
  @state() private query = '';

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if ((changed.has('model') || changed.has('isOpen')) && this.model && this.isOpen)
      void this.load(this.model);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model, chosen, offered } = this;
    if (!model || model.styles?.length === 0) return nothing;
    return html`
      <details @toggle=${(event: Event) => (this.isOpen = (event.target as HTMLDetailsElement).open)}>
        <summary>
          ${translate('styles', chosen.length === 0 ? translate('stylesNone') : translate('names', chosen.map(styleName)))}
        </summary>
        <div class="inside">
          ${offered.length < SEARCHED_FROM ? nothing : this.renderSearch()}
          <div class="chips" role="group" aria-label=${translate('stylesOffered')}>
            ${this.found.map((style) => this.renderStyle(style))}
          </div>
          <p class="hint" role="status">
            ${this.found.length === 0 && offered.length > 0 ? translate('stylesNotFound') : nothing}
          </p>
        </div>
      </details>
    `;
  }

  private renderSearch(): TemplateResult {
    return html`
      <input
        type="search"
        aria-label=${translate('stylesSearch')}
        placeholder=${translate('stylesSearch')}
        .value=${this.query}
        @input=${(event: Event) => (this.query = (event.target as HTMLInputElement).value)}
      />
    `;
  }

  private renderStyle(style: StyleTemplate): TemplateResult {
    return html`
      <button
        type="button"
        class="chip"
        title=${style.prompt}
        aria-pressed=${this.isChosen(style)}
        @click=${() => this.toggle(style)}
      >
        ${styleName(style)}
      </button>
    `;
  }

  /** By their names in any language, and by their words. */
  private get found(): readonly StyleTemplate[] {
    const query = this.query.trim().toLowerCase();
    return this.offered.filter(({ name, prompt }) =>
      [...Object.values(name), prompt].some((text) => text.toLowerCase().includes(query)),
    );
  }

  private isChosen({ id }: StyleTemplate): boolean {
    return this.chosen.some((style) => style.id === id);
  }

  private toggle(style: StyleTemplate): void {
    const others = this.chosen.filter(
      ({ id, group }) => id !== style.id && (group === undefined || group !== style.group),
    );
    const detail = this.isChosen(style) ? others : [...others, style];
    this.dispatchEvent(new CustomEvent<readonly StyleTemplate[]>('change-styles', { detail }));
  }

  private async load(model: ModelDescription): Promise<void> {
    const offered = await stylesFor(model);
    if (model === this.model) this.offered = offered;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-styles-field': EmulsionStylesField;
  }
}
