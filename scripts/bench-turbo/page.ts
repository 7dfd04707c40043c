/** @file The report as one HTML file that needs nothing else: figures, definitions, and all pictures side by side at 1:1. */
import { escapeHtml, htmlPage } from '../report-page.ts';
import type { Spread } from '../statistics.ts';
import { byteSize } from '../../src/ui/parts/byte-size.ts';
import { barFigure, SCORES, type TurboReport } from './report.ts';

/** What the page shows beside the figures. */
interface PageContents {
  readonly report: TurboReport;
  /** The bytes of a picture. */
  readonly read: (arm: string, file: string) => Uint8Array;
  /** What was wrong in a picture; empty where it was right, or nobody looked. */
  readonly wrong: (arm: string, file: string) => readonly string[];
}

/** The page. */
export function makePage(contents: PageContents): string {
  const { report } = contents;
  const { model, teacher, backend, adapter, precision, width, height, rounds } = report.setting;
  const content = `<p class="muted">${escapeHtml(model)}${teacher === null ? '' : `, with its teacher ${escapeHtml(teacher)}`} · ${width} × ${height} pixels ·
${rounds} ${rounds === 1 ? 'round' : 'rounds'} · ${escapeHtml(backend)}, ${escapeHtml(adapter)}, ${precision}</p>
${report.comparisons.map(renderBars).join('')}
<h2>Times and evaluations</h2>
${renderRatios(report)}
<h2>Each way of painting</h2>
${renderArms(report)}
${report.scoresMissing === null ? '' : `<p class="note">Scores were not computed. ${escapeHtml(report.scoresMissing)}</p>`}
${renderDefinitions()}
<h2>The pictures, at 1:1</h2>
${renderPictures(contents)}`;
  return htmlPage('Four steps beside thirty', model, content);
}

function renderBars({ title, bars }: TurboReport['comparisons'][number]): string {
  const rows = bars.map(({ what, value, bar, unit, holds }) => {
    const sign = unit === 'points' && value > 0 ? '+' : '';
    const text = `${sign}${barFigure(value, unit)} ${unit}`.trim();
    return `<li class="${holds ? 'holds' : 'fails'}"><span class="mark">${holds ? 'holds' : 'does not hold'}</span>
<span>${escapeHtml(what)}</span><b>${text}</b><span class="muted">bar ${barFigure(bar, unit)}</span></li>`;
  });
  return `<section class="bars"><h2>${escapeHtml(title)}</h2><ul>${rows.join('')}</ul></section>`;
}

function renderRatios({ comparisons }: TurboReport): string {
  return table(
    ['thirty steps : four steps', 'UNet evaluations', 'denoise time', 'total time', 'sharpness'],
    comparisons.map(({ title, evaluations, denoise, total, sharpness }) => [
      escapeHtml(title),
      evaluations.toFixed(2),
      ...[denoise, total, sharpness].map((ratio) => spread(ratio, 1, 2)),
    ]),
  );
}

function renderArms({ arms }: TurboReport): string {
  const bytes = (value: number | null): string => (value === null ? '–' : byteSize(value));
  const share = (value: number | null | undefined): string =>
    typeof value === 'number' ? `${(100 * value).toFixed(1)} %` : '–';
  return table(
    [
      ...[
        '',
        'model',
        'guidance',
        'evaluations',
        'pictures',
        'denoise, s',
        'total, s',
        'GPU peak',
        'WASM heap',
      ],
      ...['sharpness', 'banding, %', ...SCORES.map(([, name]) => name), 'likeness, dB', 'black'],
    ],
    arms.map((arm) => [
      `${escapeHtml(arm.sampler)}, ${arm.steps} steps`,
      ...[escapeHtml(arm.model), escapeHtml(arm.guidance), String(arm.unetEvaluations), String(arm.pictures)],
      ...[spread(arm.denoise, 1 / 1000, 2), spread(arm.total, 1 / 1000, 2)],
      ...[bytes(arm.gpuPeakBytes), bytes(arm.wasmHeapBytes)],
      ...[spread(arm.sharpness, 1, 0), spread(arm.banding, 100, 1)],
      ...SCORES.map(([score]) => share(arm.scores?.[score])),
      arm.scores === null ? '–' : arm.scores.psnr.toFixed(1),
      String(arm.failed),
    ]),
  );
}

function renderDefinitions(): string {
  const terms: readonly (readonly [string, string])[] = [
    [
      'Ratios',
      'by round: all ways paint the same prompt and seed after one another in one page. Median (least–most).',
    ],
    [
      'Denoise time',
      'from the encoded text to the final latents. A model that was just opened paints once unmeasured.',
    ],
    ['Total time', 'encoding, denoising and decoding; the model is open.'],
    [
      'Sharpness',
      'variance of the Laplacian of luma (Pech-Pacheco et al., 2000). Larger is sharper, or noisier.',
    ],
    [
      'Banding',
      'share of pixels in runs of at least eight equal pixels beside another such run one level of luma away (after the idea of CAMBI, Tandon et al., 2021).',
    ],
    [
      'Scores',
      'of the embedded model’s evaluation: the nearest training picture shows the right object; the dominant hue of all that is not background is the one asked for, where one was; the median of the border is the right background. Likeness is the signal-to-noise ratio against the art that the prompt describes.',
    ],
  ];
  const items = terms.map(([term, text]) => `<dt>${term}</dt><dd>${text}</dd>`);
  return `<details><summary>What the figures mean</summary><dl>${items.join('')}</dl></details>`;
}

function renderPictures({ report, read, wrong }: PageContents): string {
  const outcomes = [...report.pictures, ...report.refused];
  const files = new Set(outcomes.map(({ file }) => file));
  return [...files]
    .map((file) => {
      const pictures = outcomes.filter((one) => one.file === file);
      const figures = report.arms.flatMap(({ id, sampler, steps }) => {
        const one = pictures.find(({ arm }) => arm === id);
        if (!one) return [];
        const name = `${escapeHtml(sampler)}, ${steps} steps`;
        if ('refused' in one)
          return `<figure><p class="fault">${escapeHtml(one.refused.sentence)}</p><figcaption>${name}</figcaption></figure>`;
        const png = Buffer.from(read(id, file)).toString('base64');
        const faults = wrong(id, file).map((fault) => `<span class="fault">${escapeHtml(fault)}</span>`);
        return `<figure><img src="data:image/png;base64,${png}" width="${one.width}" height="${one.height}"
alt="${escapeHtml(`${one.prompt}, by ${sampler} in ${steps} steps`)}"><figcaption>${name} ·
${(one.ms.denoise / 1000).toFixed(2)} s ${faults.join(' ')}</figcaption></figure>`;
      });
      const { prompt = '', seed = 0 } = pictures[0] ?? {};
      return `<section class="round"><h3>${escapeHtml(prompt)} <span class="muted">seed ${seed}</span></h3>
<div class="side-by-side">${figures.join('\n')}</div></section>`;
    })
    .join('\n');
}

/** Cells are HTML already. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('');
  const body = rows.map(([first = '', ...cells]) => {
    const others = cells.map((cell) => `<td>${cell}</td>`).join('');
    return `<tr><th scope="row">${first}</th>${others}</tr>`;
  });
  return `<div class="table" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function spread({ median, least, most }: Spread, scale: number, digits: number): string {
  const [middle, low, high] = [median, least, most].map((value) => (value * scale).toFixed(digits));
  return `${middle} <span class="muted">(${low}–${high})</span>`;
}
