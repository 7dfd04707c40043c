/**
 * @file The picture to begin from: picked, dropped on the field, pasted into it, or handed over; and how much of it is to go.
 * What is dropped here is begun from, also when it carries settings; dropped elsewhere on the page it gives those.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { closeIcon } from '../parts/icons.ts';
import {
  DEFAULT_STRENGTH,
  leastStrength,
  stepsFrom,
  STRENGTH_STEP,
  strengthFor,
} from './init-image-strength.ts';
import { readInitPicture, type InitPicture, type InitPictureProblem } from './init-image-file.ts';
import { LocaleController } from '../parts/locale-controller.ts';

/** @fires change-strength - `CustomEvent<number | null>`: chosen for the next picture; without a picture there is none */
@customElement('emulsion-init-image-field')
export class EmulsionInitImageField extends LitElement {
  static override styles = [
    controlStyles,
    css`
      /* Above what covers the page while a file is dragged over it. */
      :host {
        position: relative;
        z-index: 2;
        display: grid;
        gap: var(--space-1);
        min-width: 0;
      }

      .place {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
        padding: var(--space-2);
        border: 1px dashed var(--line-strong);
        border-radius: var(--radius-small);
        background: var(--ground);
      }

      .place.over {
        border-color: var(--accent);
        background: var(--accent-soft);
      }

      .place button {
        min-height: 2rem;
        font-size: var(--text-small);
      }

      .place p {
        flex: 1;
        min-width: 8rem;
        overflow-wrap: anywhere;
      }

      img {
        width: 4rem;
        height: 4rem;
        border-radius: var(--radius-small);
        background: var(--sunken);
        object-fit: contain;
      }

      .head {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        margin-top: var(--space-2);
      }

      output {
        font-variant-numeric: tabular-nums;
      }

      .error {
        color: var(--accent);
        font-size: var(--text-small);
      }
    `,
  ];

  /** What the sides of a picture have to have at least, in pixels. */
  @property({ attribute: false }) least = 1;
  /** Steps that are asked for. */
  @property({ attribute: false }) steps = 1;
  @state() private picture: InitPicture | undefined;
  @state() private problem: InitPictureProblem | undefined;
  @state() private strength = DEFAULT_STRENGTH;
  @state() private isOver = false;
  @query('input[type=file]') private readonly input!: HTMLInputElement;
  /** Counts what is given, so that only the last one counts. */
  #given = 0;

  constructor() {
    super();
    new LocaleController(this);
    this.addController({ hostDisconnected: () => this.clear() });
    this.addEventListener('dragover', this.onDragOver);
    this.addEventListener('dragleave', () => (this.isOver = false));
    this.addEventListener('drop', this.onDrop);
    this.addEventListener('paste', this.onPaste);
  }

  /** For the next picture; `undefined`: it begins from noise. */
  take(): GenerateRequest['initImage'] {
    return this.picture && { bytes: this.picture.bytes, strength: strengthFor(this.steps, this.strength) };
  }

  /** Begins from this picture; one that cannot be, says so here and leaves what there was. */
  async set(file: File): Promise<void> {
    const given = ++this.#given;
    const read = await readInitPicture(file, this.least);
    if (given !== this.#given) {
      if (!('kind' in read)) URL.revokeObjectURL(read.url);
      return;
    }
    if ('kind' in read) {
      this.problem = read;
      return;
    }
    this.clear();
    this.picture = read;
    this.changed();
  }

  /** Takes over the strength of a picture. */
  setStrength(strength: number): void {
    this.strength = strength;
    this.changed();
  }

  /** Brings the field into view, and the focus to its slider. */
  async reveal(): Promise<void> {
    await this.updateComplete;
    this.scrollIntoView({ block: 'nearest' });
    this.renderRoot.querySelector<HTMLElement>('#strength')?.focus();
  }

  /** Begins from noise. */
  clear(): void {
    this.#given++;
    this.problem = undefined;
    if (!this.picture) return;
    URL.revokeObjectURL(this.picture.url);
    this.picture = undefined;
    this.changed();
  }

  protected override render(): TemplateResult {
    const { picture, problem } = this;
    return html`
      <p class="label" id="label">${translate('initImage')}</p>
      <!-- Takes the focus of a click, so that pasting comes here. -->
      <div class="place ${this.isOver ? 'over' : ''}" role="group" aria-labelledby="label" tabindex="-1">
        ${picture ? this.renderPicture(picture) : this.renderEmpty()}
      </div>
      <input
        type="file"
        hidden
        accept="image/*"
        aria-label=${translate('initImageChoose')}
        @change=${this.onPick}
      />
      <p class="error" role="alert" ?hidden=${!problem}>${problem ? sentence(problem) : nothing}</p>
      ${picture ? this.renderStrength() : nothing}
    `;
  }

  private renderEmpty(): TemplateResult {
    return html`
      <button type="button" id="choose" aria-describedby="hint" @click=${() => this.input.click()}>
        ${translate('initImageChoose')}
      </button>
      <p id="hint" class="hint">${translate('initImageHint')}</p>
    `;
  }

  private renderPicture({ url, name, width, height }: InitPicture): TemplateResult {
    return html`
      <img src=${url} alt=${translate('initImageAlt', name)} />
      <p class="hint">${translate('initImageFacts', width, height)}</p>
      <button
        type="button"
        class="icon"
        aria-label=${translate('initImageRemove')}
        title=${translate('initImageRemove')}
        @click=${this.onRemove}
      >
        ${closeIcon}
      </button>
    `;
  }

  private renderStrength(): TemplateResult {
    const { steps } = this;
    const strength = strengthFor(steps, this.strength);
    return html`
      <div class="head">
        <label for="strength">${translate('strength')}</label>
        <output for="strength">${strength.toFixed(2)}</output>
      </div>
      <input
        id="strength"
        type="range"
        min=${leastStrength(steps)}
        max="1"
        step=${STRENGTH_STEP}
        .value=${String(strength)}
        aria-describedby="taken"
        @input=${(event: Event) => this.setStrength((event.target as HTMLInputElement).valueAsNumber)}
      />
      <p id="taken" class="hint">${translate('strengthHint', stepsFrom(steps, strength), steps)}</p>
    `;
  }

  private changed(): void {
    const detail = this.picture ? this.strength : null;
    this.dispatchEvent(new CustomEvent<number | null>('change-strength', { detail }));
  }

  private readonly onPick = (): void => {
    const [file] = this.input.files ?? [];
    if (file) void this.set(file);
    // The same picture can be picked again.
    this.input.value = '';
  };

  private readonly onRemove = (): void => {
    this.clear();
    // The button is gone with the focus it had.
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#choose')?.focus());
  };

  private readonly onDragOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.isOver = true;
  };

  private readonly onDrop = (event: DragEvent): void => {
    this.isOver = false;
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    // Told to the page by this: what is dropped here is not its to take.
    event.preventDefault();
    void this.set(file);
  };

  private readonly onPaste = (event: ClipboardEvent): void => {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    void this.set(file);
  };
}

function sentence(problem: InitPictureProblem): string {
  return problem.kind === 'unreadable'
    ? translate('initImageUnreadable', problem.name)
    : translate('initImageSmall', problem.width, problem.height, problem.least);
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-init-image-field': EmulsionInitImageField;
  }
}
