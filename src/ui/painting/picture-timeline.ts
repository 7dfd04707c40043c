/**
 * @file Where the time of a picture went: every run of a stage along time, the one that is pointed at in words, and the
 * slowest stages. Loaded when a receipt is unfolded.
 */
import { css, html, LitElement, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Phase } from '../../engine/protocol/generate.ts';
import { translate } from '../../locale/index.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  betweenMs,
  boxes,
  longestRun,
  runAt,
  runMs,
  slowestStages,
  stageName,
  type StageTimes,
} from './stage-timeline.ts';

const PHASES: readonly Phase[] = ['load', 'encode', 'denoise', 'decode'];
const SLOWEST = 4;

@customElement('emulsion-picture-timeline')
export class EmulsionPictureTimeline extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-2);

        --load: light-dark(#857a70, #9c9288);
        --encode: light-dark(#5d6aa8, #93a0dc);
        --denoise: light-dark(#a8481f, #e58a5e);
        --decode: light-dark(#2f7f78, #5fb8ae);
      }

      .plot {
        position: relative;
        height: 2.5rem;
        border-radius: var(--radius-small);
        background: var(--sunken);
        cursor: crosshair;
        touch-action: pan-y;
      }

      .plot svg {
        display: block;
        width: 100%;
        height: 100%;
        stroke: none;
      }

      /* Neighbours differ, so that one sees where a stage ends. */
      .odd {
        opacity: 0.7;
      }

      .chosen {
        fill: none;
        stroke: var(--text);
        stroke-width: 2;
        vector-effect: non-scaling-stroke;
      }

      /* The keys are the slider's; a pointer is where it is in time, not so many stages from the left. */
      input[type='range'] {
        position: absolute;
        inset: 0;
        height: 100%;
        appearance: none;
        background: none;
        pointer-events: none;
      }

      ::-webkit-slider-thumb {
        visibility: hidden;
      }

      ::-moz-range-thumb {
        visibility: hidden;
      }

      ::-moz-range-track {
        background: none;
      }

      .stage {
        min-height: 2lh;
        overflow-wrap: anywhere;
        color: var(--text);
      }

      dl {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px var(--space-4);
        margin: 0;
        overflow-wrap: anywhere;
      }

      dd {
        margin: 0;
        text-align: end;
      }

      .swatch {
        display: inline-block;
        width: 0.625rem;
        height: 0.625rem;
        margin-inline-end: var(--space-1);
        border-radius: 2px;
      }
    `,
  ];

  @property({ attribute: false }) times!: StageTimes;
  /** The place of the run in words. */
  @state() private chosen = 0;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('times')) this.chosen = longestRun(this.times.timeline);
  }

  protected override render(): TemplateResult {
    const { ms, timeline } = this.times;
    const run = timeline[this.chosen];
    return html`
      <p class="label" id="label">${translate('timeline')}</p>
      <div class="plot" @pointerdown=${this.onPoint} @pointermove=${this.onPoint}>
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          ${this.renderBoxes()} ${run ? svg`<path class="chosen" d=${boxes([run], ms.total)} />` : nothing}
        </svg>
        <input
          type="range"
          min="0"
          max=${timeline.length - 1}
          aria-label=${translate('timelineStage')}
          aria-valuetext=${this.sentence}
          .value=${String(this.chosen)}
          @input=${(event: Event) => (this.chosen = (event.target as HTMLInputElement).valueAsNumber)}
        />
      </div>
      <p class="stage" aria-hidden="true">${this.sentence}</p>
      <dl aria-labelledby="label">
        ${PHASES.map((phase) =>
          this.renderRow(
            html`<span class="swatch" style="background: var(--${phase})"></span
              >${translate(`receipt.${phase}`)}`,
            ms[phase],
          ),
        )}
        ${this.renderRow(translate('timelineBetween'), betweenMs(this.times))}
      </dl>
      <p class="label" id="slowest">${translate('timelineSlowest')}</p>
      <dl aria-labelledby="slowest">
        ${slowestStages(timeline, SLOWEST).map((stage) =>
          this.renderRow(translate('timelineSlow', stage.name, stage.runs), stage.ms),
        )}
      </dl>
    `;
  }

  private renderBoxes(): TemplateResult[] {
    const { ms, timeline } = this.times;
    const load = { phase: 'load', startMs: 0, endMs: ms.load } as const;
    return PHASES.flatMap((phase) => {
      const runs = [load, ...timeline].filter((run) => run.phase === phase);
      return [0, 1].map(
        (odd) => svg`<path
          class=${odd ? 'odd' : ''}
          d=${boxes(
            runs.filter((_, i) => i % 2 === odd),
            ms.total,
          )}
          fill="var(--${phase})"
        />`,
      );
    });
  }

  private renderRow(term: unknown, ms: number): TemplateResult {
    return html`<dt>${term}</dt>
      <dd>${time(ms)} · ${this.percent(ms)} %</dd>`;
  }

  private get sentence(): string {
    const run = this.times.timeline[this.chosen];
    if (!run) return '';
    const ms = runMs(run);
    return translate('timelineRun', stageName(run), run.step, time(ms), this.percent(ms));
  }

  private percent(ms: number): string {
    const percent = (100 * ms) / this.times.ms.total;
    return percent.toFixed(percent < 10 ? 1 : 0);
  }

  private readonly onPoint = (event: PointerEvent): void => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { ms, timeline } = this.times;
    this.chosen = runAt(timeline, ((event.clientX - left) / width) * ms.total);
  };
}

/** In seconds, or in milliseconds where seconds say nothing. */
function time(ms: number): string {
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-picture-timeline': EmulsionPictureTimeline;
  }
}
