/** @file What came of trying a LoRA out: how far it moves the model, pairs of pictures, and what gives concern. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { errorSentence, translate } from '../../locale/index.ts';
import type {
  FailedPicture,
  LoraTrial,
  PictureFigures,
  TestPair,
  TestPicture,
  TrialConcern,
} from '../../lora/trial-report.ts';
import type { KeptTrial } from '../../store/lora-entry.ts';
import { controlStyles, disclosureStyles } from '../parts/control-styles.ts';
import { LocaleController } from '../parts/locale-controller.ts';
import { loraReportStyles, percent, renderLines, short } from './lora-report.ts';
import { ObjectUrls } from '../parts/object-urls.ts';

const FIGURES: readonly (keyof PictureFigures)[] = ['black', 'outline', 'hue', 'fringe'];

@customElement('emulsion-lora-trial')
export class EmulsionLoraTrial extends LitElement {
  static override styles = [
    controlStyles,
    disclosureStyles,
    loraReportStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-2);
        font-size: var(--text-small);
      }

      .verdict {
        font-weight: 600;
      }

      .pairs {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr));
        gap: var(--space-3);
      }

      .pair {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 2px;
      }

      figure {
        margin: 0;
      }

      .failed {
        margin: 0;
        padding: var(--space-2);
        border-radius: var(--radius-small);
        background: var(--sunken);
        overflow-wrap: anywhere;
      }

      figcaption {
        color: var(--text-muted);
        text-align: center;
      }

      img {
        display: block;
        width: 100%;
        border-radius: var(--radius-small);
        background: var(--sunken);
      }
    `,
  ];

  @property({ attribute: false }) trial!: KeptTrial;
  /** With its pictures, in the visit it was made in. */
  @property({ attribute: false }) full: LoraTrial | undefined;

  private readonly urls = new ObjectUrls(this);

  constructor() {
    super();
    new LocaleController(this);
  }

  protected override render(): TemplateResult {
    const { evaluation, concerns, prompt, weight } = this.trial;
    return html`
      <p class="verdict">
        ${concerns.length === 0 ? translate('loraTestGood') : translate('loraTestConcerns', concerns.length)}
      </p>
      ${concerns.length === 0 ? nothing : renderLines(concerns.map(concernSentence))}
      <div class="hint">
        <p>${translate('loraTestWith', prompt, short(weight))}</p>
        ${evaluation.nonFinite === 0 ? html`<p>${translate('loraTestMoved', percent(evaluation.moved))}</p>` : nothing}
      </div>
      ${this.full && this.full.pairs.length > 0 ? this.renderPairs(this.full.pairs) : nothing}
    `;
  }

  private renderPairs(pairs: readonly TestPair[]): TemplateResult {
    return html`
      <div class="pairs">
        ${pairs.map(
          ({ plain, adapted }, i) => html`
            <div class="pair">
              ${this.renderPicture(plain, translate('loraPlain'), translate('loraPlainAlt', i + 1))}
              ${this.renderPicture(adapted, translate('loraAdapted'), translate('loraAdaptedAlt', i + 1))}
            </div>
          `,
        )}
      </div>
      <details>
        <summary>${translate('loraTestFigures')}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label=${translate('loraTestFigures')}>
          <table>
            <thead>
              <tr>
                <th scope="col">${translate('loraNumber')}</th>
                ${FIGURES.map((name) => html`<th scope="col">${translate(`loraFigure.${name}`)}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${pairs.flatMap(({ plain, adapted }, i) => [
                renderRow(translate('phrases', [String(i + 1), translate('loraPlain')]), plain),
                renderRow(translate('phrases', [String(i + 1), translate('loraAdapted')]), adapted),
              ])}
            </tbody>
          </table>
        </div>
      </details>
    `;
  }

  private renderPicture(
    picture: TestPicture | FailedPicture,
    caption: string,
    description: string,
  ): TemplateResult {
    return html`
      <figure>
        ${
          'png' in picture
            ? html`<img src=${this.urls.of(picture.png)} alt=${description} />`
            : html`<p class="failed">${errorSentence(picture.failure)}</p>`
        }
        <figcaption>${caption}</figcaption>
      </figure>
    `;
  }
}

function renderRow(name: string, picture: TestPicture | FailedPicture): TemplateResult {
  return html`
    <tr>
      <td>${name}</td>
      ${FIGURES.map(
        (figure) => html`<td>${'png' in picture ? `${percent(picture.figures[figure])} %` : '–'}</td>`,
      )}
    </tr>
  `;
}

function concernSentence({ kind, pair, value, limit }: TrialConcern): string {
  const words = (share: number): string => (kind === 'finite' ? String(share) : `${percent(share)} %`);
  const concern = translate(`loraConcern.${kind}`, words(value), words(limit));
  return pair === undefined ? concern : translate('loraPictureConcern', pair + 1, concern);
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-lora-trial': EmulsionLoraTrial;
  }
}
