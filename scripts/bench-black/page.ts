/** @file The report as one HTML file that needs nothing else: rates, and all pictures of a prompt side by side. */
import { PRECISIONS } from '../../src/engine/precisions.ts';
import { escapeHtml, htmlPage } from '../report-page.ts';
import { summary, VARIANTS, type BlackReport, type Outcome } from './report.ts';

/** Thumbnails are this wide. */
const SIDE = 128;

const STYLE = `
.missing { display: grid; place-items: center; width: ${SIDE}px; height: ${SIDE}px; border-radius: 4px; background: #000; color: #fff;
  font-size: 0.8125rem; }
figcaption { max-width: ${SIDE}px; }
`;

/** @param read the bytes of a PNG */
export function makePage(report: BlackReport, read: (file: string) => Uint8Array): string {
  const { model, backend, adapter, steps } = report.setting;
  const [head = [], ...rows] = summary(report);
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('');
  const body = rows.map(
    ([first = '', ...others]) => `<tr><th scope="row">${escapeHtml(first)}</th>${cells('td', others)}</tr>`,
  );
  const indices = [...new Set(report.outcomes.map(({ index }) => index))].toSorted((a, b) => a - b);
  const content = `<p class="muted">${escapeHtml(model)} · ${steps} steps · ${backend}, ${escapeHtml(adapter)}</p>
${report.wrong.map((text) => `<p class="note">${escapeHtml(text)}</p>`).join('')}
<div class="table" tabindex="0"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body.join('')}</tbody></table></div>
<details><summary>What the figures mean</summary><p>“overflowing” is the same model with the values inside its VAE scaled up and the
picture unchanged, as docs/precision.md derives. A picture of which nothing is finite is black in a program that does not look;
the engine refuses it, and its place is black here. Differences are means over all channels of all pixels.</p></details>
${indices
  .map((index) =>
    renderPrompt(
      report.outcomes.filter((one) => one.index === index),
      read,
    ),
  )
  .join('\n')}`;
  return htmlPage('Black pictures by precision', model, content, STYLE);
}

function renderPrompt(outcomes: readonly Outcome[], read: (file: string) => Uint8Array): string {
  const figures = VARIANTS.flatMap((variant) =>
    PRECISIONS.flatMap((precision) => {
      const one = outcomes.find((outcome) => outcome.variant === variant && outcome.precision === precision);
      if (!one) return [];
      const alt = escapeHtml(`${one.prompt}, ${variant}, ${precision}`);
      const picture =
        one.file === null
          ? `<div class="missing" role="img" aria-label="${alt}: refused" title="${escapeHtml(one.error?.sentence ?? '')}">refused</div>`
          : `<img src="data:image/png;base64,${Buffer.from(read(one.file)).toString('base64')}" width="${SIDE}" alt="${alt}">`;
      const fault = one.error ? `<span class="fault">${escapeHtml(one.error.code)}</span>` : '';
      return [`<figure>${picture}<figcaption>${variant}, ${precision} ${fault}</figcaption></figure>`];
    }),
  );
  const { prompt = '', index = 0 } = outcomes[0] ?? {};
  return `<section class="round"><h3>${escapeHtml(prompt)} <span class="muted">seed ${index}</span></h3>
<div class="side-by-side">${figures.join('\n')}</div></section>`;
}
