/** @file How far the picture is: one segment per step, with what comes before and after. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../engine/protocol.ts';
import { translate } from '../locale/index.ts';
import { LocaleController } from './locale-controller.ts';
import type { Run } from './generation.ts';

/** A part of the work on the strip; `weight` is its length, about in proportion to the time it takes. */
interface Segment {
  readonly phase: Phase;
  readonly weight: number;
  /** While denoising: the step, from 1. */
  readonly step?: number;
}

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
    const segments = segmentsOf(this.run);
    const fills = fillSegments(segments, this.run);
    const total = segments.reduce((sum, { weight }) => sum + weight, 0);
    const done = segments.reduce((sum, { weight }, i) => sum + weight * (fills[i] ?? 0), 0);
    const percent = Math.floor((100 * done) / total);
    const sentence = describe(this.run);
    return html`
      <div
        role="progressbar"
        aria-label=${translate('progress')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext="${sentence}, ${percent} %"
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

function segmentsOf({ request, progress }: Run): Segment[] {
  const steps = progress?.steps ?? request.steps ?? 1;
  return [
    { phase: 'load', weight: 0.5 },
    { phase: 'encode', weight: 0.5 },
    ...Array.from({ length: steps }, (_, i): Segment => ({ phase: 'denoise', weight: 1, step: i + 1 })),
    { phase: 'decode', weight: 1 },
  ];
}

/** How full each segment is, 0…1. */
function fillSegments(segments: readonly Segment[], { progress }: Run): number[] {
  const current = segments.findIndex(
    ({ phase, step }) => phase === progress?.phase && (step === undefined || step === progress.step),
  );
  return segments.map(({ step }, i) => {
    if (i !== current || !progress) return i < current ? 1 : 0;
    const fraction = progress.total === 0 ? 1 : progress.done / progress.total;
    // While denoising `done` counts the stages of all steps.
    const inSegment = step === undefined ? fraction : fraction * (progress.steps ?? 1) - (step - 1);
    return Math.min(1, Math.max(0, inSegment));
  });
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
      return translate('phaseDenoise', step, steps, Math.floor((4 * (step - 1)) / steps));
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
