/** @file How far the picture is: one segment per step, with what comes before and after. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { translate } from '../../locale/index.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import type { Run } from './generation.ts';
import { fillSegments, fractionDone, segmentsOf } from './run-progress.ts';
import { stageWord } from '../parts/turbo-stages.ts';

@customElement('emulsion-progress-strip')
export class EmulsionProgressStrip extends LitElement {
  static override styles = css`
    .label {
      display: flex;
      justify-content: space-between;
      gap: var(--space-4);
      color: var(--text-muted);
      font-size: var(--text-small);
      font-variant-numeric: tabular-nums;
    }

    .track {
      display: flex;
      gap: 3px;
      margin-top: var(--space-1);
    }

    .segment {
      height: 4px;
      overflow: hidden;
      border-radius: 2px;
      background: var(--line);
    }

    .fill {
      height: 100%;
      background: var(--accent);
      transform-origin: left;
    }
  `;

  @property({ attribute: false }) run: Run | undefined;

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.run) return nothing;
    const { progress, steps } = this.run;
    const segments = segmentsOf(steps);
    const fills = fillSegments(segments, progress);
    const percent = Math.floor(100 * fractionDone(segments, progress));
    const sentence = describe(this.run);
    return html`
      <div
        role="progressbar"
        aria-label=${translate('progress')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext=${translate('progressAt', sentence, percent)}
      >
        <div class="label"><span>${sentence}</span><span>${percent} %</span></div>
        <div class="track">
          ${segments.map(
            ({ weight }, i) => html`
              <div class="segment" style="flex: ${weight}">
                <div class="fill" style="transform: scaleX(${fills[i] ?? 0})"></div>
              </div>
            `,
          )}
        </div>
      </div>
    `;
  }
}

function describe({ progress, isCancelling }: Run): string {
  if (isCancelling) return translate('cancelling');
  switch (progress?.phase) {
    case undefined:
    case 'load':
      return translate('phaseLoad');
    case 'encode':
      return translate('phaseEncode');
    case 'denoise': {
      const { step = 1, steps = 1 } = progress;
      return translate('phaseDenoise', step, steps, stageWord(step, steps));
    }
    case 'decode':
      return translate('phaseDecode');
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-progress-strip': EmulsionProgressStrip;
  }
}
