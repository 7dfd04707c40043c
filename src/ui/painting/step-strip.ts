/** @file What a picture looked like after each of its steps: a strip to look back at, with the picture at its end. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, queryAll } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { isPressed, KEYS } from '../parts/keys.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import '../parts/pixels.ts';
import { stageWord } from '../parts/turbo-stages.ts';
import { keptSteps, type StepPreview } from './step-previews.ts';

/** A place of the strip. */
interface Place {
  /** `null` at the end, where the picture is. */
  readonly step: number | null;
  /** Its name in a word, and in full. */
  readonly label: string;
  readonly name: string;
  /** Absent while there is nothing to see yet. */
  readonly thumbnail: TemplateResult | undefined;
}

/** @fires choose-step - `CustomEvent<number | null>`: the step to look at; `null` is the picture itself */
@customElement('emulsion-step-strip')
export class EmulsionStepStrip extends LitElement {
  static override styles = [
    controlStyles,
    css`
      .strip {
        display: flex;
        justify-content: safe center;
        gap: var(--space-1);
        padding: 3px;
        overflow-x: auto;
        scrollbar-width: thin;
        font-size: 0.75rem;
        font-variant-numeric: tabular-nums;
      }

      button {
        display: grid;
        flex: 0 1 4.5rem;
        grid-template-columns: minmax(min-content, 1fr);
        place-content: start stretch;
        gap: 2px;
        min-width: min-content;
        padding: 3px 0;
        border-color: transparent;
        color: var(--text-muted);
        line-height: 1.3;
      }

      button[aria-disabled='true'] {
        background: transparent;
      }

      button[aria-pressed='true'] {
        border-color: var(--accent);
        color: var(--text);
      }

      .thumbnail {
        display: block;
        margin-inline: 3px;
        overflow: hidden;
        contain: inline-size;
        aspect-ratio: var(--ratio);
        border-radius: 3px;
        background: var(--sunken);
      }

      button.current .thumbnail {
        background: var(--accent-soft);
      }

      .thumbnail > * {
        display: block;
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
    `,
  ];

  /** Of the whole picture. */
  @property({ attribute: false }) steps = 1;
  @property({ attribute: false }) kept: readonly StepPreview[] = [];
  /** The newest preview while the picture is painted. */
  @property({ attribute: false }) newest: StepPreview | undefined;
  /** Address of the finished picture. */
  @property({ attribute: false }) pictureUrl: string | undefined;
  /** The step that is looked at. */
  @property({ attribute: false }) chosen: number | null = null;
  @queryAll('button') private readonly buttons!: NodeListOf<HTMLButtonElement>;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    return html`
      <div
        class="strip"
        role="toolbar"
        aria-label=${translate('stepStrip')}
        @keydown=${(event: KeyboardEvent) => this.onKey(event)}
      >
        ${this.places.map((place) => this.renderPlace(place))}
      </div>
    `;
  }

  private renderPlace({ step, label, name, thumbnail }: Place): TemplateResult {
    const isShown = step === this.chosen;
    const isCurrent = this.pictureUrl === undefined && step === this.underWay;
    return html`
      <button
        type="button"
        class=${isCurrent ? 'current' : ''}
        aria-label=${name}
        aria-pressed=${isShown}
        aria-current=${isCurrent ? 'step' : nothing}
        aria-disabled=${!thumbnail}
        tabindex=${isShown ? 0 : -1}
        @click=${() => thumbnail && this.choose(step)}
      >
        <span class="thumbnail">${thumbnail}</span>
        <span>${label}</span>
      </button>
    `;
  }

  private get places(): Place[] {
    const { steps, newest, pictureUrl } = this;
    const picture =
      pictureUrl === undefined ? newest && pixels(newest) : html`<img src=${pictureUrl} alt="" />`;
    return [
      ...keptSteps(steps).map((step): Place => {
        const preview = this.kept.find((other) => other.step === step);
        const stage = stageWord(step, steps);
        return {
          step,
          label: stage ?? String(step),
          name: translate('stepOf', step, steps, stage),
          thumbnail: preview && pixels(preview),
        };
      }),
      {
        step: null,
        label: translate(pictureUrl === undefined ? 'stripNow' : 'stripPicture'),
        name: translate(pictureUrl === undefined ? 'stripNowName' : 'stripPictureName'),
        thumbnail: picture,
      },
    ];
  }

  /** The step that is painted, as far as previews tell. */
  private get underWay(): number | undefined {
    const done = this.newest?.step ?? 0;
    return keptSteps(this.steps).find((step) => step > done);
  }

  private choose(step: number | null): void {
    this.dispatchEvent(new CustomEvent<number | null>('choose-step', { detail: step }));
  }

  /** Arrows look at the neighbour at once; what is not there yet is passed over. */
  private onKey(event: KeyboardEvent): void {
    const { places } = this;
    const open = places.flatMap(({ thumbnail }, i) => (thumbnail ? [i] : []));
    const at = open.indexOf(places.findIndex(({ step }) => step === this.chosen));
    const targets = [
      [KEYS.left, open[at - 1]],
      [KEYS.right, open[at + 1]],
      [KEYS.first, open[0]],
      [KEYS.last, open.at(-1)],
    ] as const;
    const found = targets.find(([key]) => isPressed(event, key));
    if (!found) return;
    event.preventDefault();
    const [, index] = found;
    const target = index === undefined ? undefined : places[index];
    if (index === undefined || !target) return;
    this.choose(target.step);
    this.buttons[index]?.focus();
  }
}

function pixels({ image }: StepPreview): TemplateResult {
  return html`<emulsion-pixels .image=${image}></emulsion-pixels>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-step-strip': EmulsionStepStrip;
  }
}
