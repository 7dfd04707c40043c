/**
 * @file The memory a picture takes while it is made: what is in use by kind, stacked, with the peak and the budget.
 * Across, it keeps step with the progress strip.
 */
import { css, html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { byteSize } from '../parts/byte-size.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import {
  areaPath,
  graphScale,
  type MemoryHistory,
  type MemoryKind,
  type MemoryPoint,
} from './memory-history.ts';

/** From the bottom of the stack to its top: what stays longest first. */
const KINDS: readonly MemoryKind[] = ['weights', 'staging', 'expanded', 'activations', 'runtime', 'readback'];

@customElement('emulsion-memory-graph')
export class EmulsionMemoryGraph extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;

        --weights: light-dark(#a8481f, #e58a5e);
        --staging: light-dark(#d9a583, #94583c);
        --expanded: light-dark(#c58a12, #e8bf55);
        --activations: light-dark(#2f7f78, #5fb8ae);
        --runtime: light-dark(#5d6aa8, #93a0dc);
        --readback: light-dark(#8f5a8c, #c993c5);
      }

      .figures {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 var(--space-4);
        font-size: 0.75rem;
      }

      .stage {
        flex: 1 1 10rem;
        min-width: 0;
        overflow: hidden;
        color: var(--text-muted);
        font-family: ui-monospace, monospace;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .key {
        display: inline-block;
        width: 1rem;
        margin: 0 var(--space-1) 0 var(--space-2);
        border-top: 1px solid var(--text-muted);
        vertical-align: middle;
      }

      .plot {
        position: relative;
        height: 4rem;
        overflow: hidden;
        border-radius: var(--radius-small);
        background: var(--sunken);
      }

      .plot svg {
        display: block;
        width: 100%;
        height: 100%;
        stroke: none;
      }

      .line {
        position: absolute;
        inset-inline: 0;
        border-top: 1px solid var(--text-muted);
      }

      .budget {
        border-top: 1px dashed var(--accent);
      }

      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 0 var(--space-3);
        margin: 0;
        padding: 0;
        list-style: none;
        color: var(--text-muted);
        font-size: 0.75rem;
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

  @property({ attribute: false }) history!: MemoryHistory;
  /** The stage passing by; absent when the picture is finished. */
  @property() stage: string | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { points, latest } = this.history;
    const { topBytes, hasBudgetLine } = graphScale(this.history);
    const { liveBytes, peakBytes, budgetBytes } = latest;
    const height = (bytes: number): string => `bottom: ${(100 * bytes) / topBytes}%`;
    return html`
      <div class="plot" role="img" aria-label=${this.sentence}>
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          ${KINDS.map(
            (kind, i) =>
              svg`<path d=${areaPath(points, stackTop(i, topBytes), stackTop(i + 1, topBytes))} fill="var(--${kind})" />`,
          )}
        </svg>
        <div class="line" style=${height(peakBytes)}></div>
        ${hasBudgetLine ? html`<div class="line budget" style=${height(budgetBytes)}></div>` : nothing}
      </div>
      <p class="figures" aria-hidden="true">
        ${
          this.stage === undefined
            ? nothing
            : html`<span class="stage">${this.stage}</span><span>${byteSize(liveBytes)}</span>`
        }
        <span>
          <span class="key"></span>${translate('peakAt', byteSize(peakBytes))}
          <span class="key budget"></span>${translate('budgetAt', byteSize(budgetBytes))}
        </span>
      </p>
      <ul aria-hidden="true">
        ${KINDS.filter((kind) => this.isUsed(kind)).map(
          (kind) => html`
            <li><span class="swatch" style="background: var(--${kind})"></span>${this.describe(kind)}</li>
          `,
        )}
      </ul>
    `;
  }

  private get sentence(): string {
    const { liveBytes, peakBytes, budgetBytes } = this.history.latest;
    const now = translate('memoryNow', byteSize(liveBytes), byteSize(peakBytes));
    const kinds = KINDS.filter((kind) => this.isUsed(kind)).map((kind) => this.describe(kind));
    return translate('phrases', [now, translate('budgetAt', byteSize(budgetBytes)), ...kinds]);
  }

  /** Whether a kind showed up at all, so that the legend does not flicker. */
  private isUsed(kind: MemoryKind): boolean {
    return this.history.points.some(({ sample }) => sample.byKind[kind] > 0);
  }

  private describe(kind: MemoryKind): string {
    return translate(`memory.${kind}`, byteSize(this.history.latest.byKind[kind]));
  }
}

/** The height of the lowest kinds together, 0…1. */
function stackTop(count: number, topBytes: number): (point: MemoryPoint) => number {
  return ({ sample }) => KINDS.slice(0, count).reduce((sum, kind) => sum + sample.byKind[kind], 0) / topBytes;
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-memory-graph': EmulsionMemoryGraph;
  }
}
