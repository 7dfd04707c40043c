/** @file The check of a LoRA as one HTML file that needs nothing else: reasons, figures, and the test pictures side by side. */
import { errorSentence } from '../../src/locale/index.ts';
import type {
  FailedPicture,
  LoraTrial,
  PictureFigures,
  TestPicture,
  TrialConcern,
} from '../../src/lora/trial-report.ts';
import type { LoraRepair, LoraVerdict } from '../../src/lora/verdict.ts';
import type { CheckedLora } from '../headless/lora.ts';
import { escapeHtml, htmlPage } from '../report-page.ts';

const FIGURES: readonly (keyof PictureFigures)[] = ['black', 'outline', 'hue', 'fringe'];
/** Of a table; a full SDXL LoRA has 722 modules. */
const MOST_ROWS = 1000;

/** @param name of the LoRA's file */
export function trialPage(name: string, { verdict, repairs, trial }: CheckedLora): string {
  const content = [
    renderVerdict(verdict),
    repairs && repairs.length > 0 ? renderRepairs(repairs) : '',
    trial ? renderTrial(trial) : '',
    renderModules(verdict),
  ].join('\n');
  return htmlPage('LoRA check', name, `<p class="muted">${escapeHtml(name)}</p>${content}`);
}

function renderVerdict({ admitted, reasons, total }: LoraVerdict): string {
  const mark = `<span class="mark">${admitted ? 'admitted' : 'refused'}</span>`;
  const row = `<li class="${admitted ? 'holds' : 'fails'}">${mark}<span>${total.modules} modules, rank up to ${total.rank}</span>
<b>scale ${figure(total.scale)}</b><span class="muted">‖ΔW‖/‖W‖ ${total.relative === null ? '–' : figure(total.relative)}</span></li>`;
  const list = `<section class="bars"><h2>The file</h2><ul>${row}</ul></section>`;
  if (reasons.length === 0) return list;
  const rows = reasons.map(({ rule, module, value, limit }) => [
    rule,
    module === '' ? 'the file' : module,
    figure(value),
    figure(limit),
  ]);
  return `${list}<h2>Reasons</h2>${table(['rule', 'module', 'found', 'limit'], rows)}`;
}

function renderRepairs(repairs: readonly LoraRepair[]): string {
  const rows = repairs.map((repair) => {
    if (repair.kind === 'left-out') return [repair.kind, repair.module, ''];
    if (repair.kind === 'compressed')
      return [
        repair.kind,
        repair.module,
        `rank ${repair.rank}, ${percent(repair.keptEnergy)} of its energy kept`,
      ];
    return [
      repair.kind,
      repair.module,
      `scale ${figure(repair.scale)}, effect ${figure(repair.effect)} times`,
    ];
  });
  return `<h2>Repairs</h2>${table(['what', 'module', 'of what'], rows)}`;
}

function renderTrial({ prompt, weight, evaluation, pairs, concerns }: LoraTrial): string {
  const moved =
    evaluation.nonFinite > 0
      ? `${evaluation.nonFinite} values are not finite`
      : `the output moves by ${percent(evaluation.moved)}`;
  const pictures = pairs.map(
    ({ seed, plain, adapted }) => `<section class="round"><h3>Seed ${seed}</h3><div class="side-by-side">
${renderPicture('without', plain)}${renderPicture('with', adapted)}</div></section>`,
  );
  return `<h2>The trial</h2><p>“${escapeHtml(prompt)}”, weight ${weight}. One evaluation of the UNet: ${moved}.</p>
${concerns.length === 0 ? '<p>Nothing is beyond its limit.</p>' : renderConcerns(concerns)}${pictures.join('')}`;
}

function renderConcerns(concerns: readonly TrialConcern[]): string {
  const rows = concerns.map(({ kind, pair, value, limit }) => [
    kind,
    pair === undefined ? 'evaluation' : `picture ${pair + 1}`,
    figure(value),
    figure(limit),
  ]);
  return table(['concern', 'where', 'found', 'limit'], rows);
}

function renderPicture(which: string, picture: TestPicture | FailedPicture): string {
  if (!('png' in picture))
    return `<figure><figcaption>${which}: ${escapeHtml(errorSentence(picture.failure))}</figcaption></figure>`;
  const { png, figures } = picture;
  const text = FIGURES.map((name) => `${name} ${percent(figures[name])}`).join(', ');
  return `<figure><img alt="${which}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">
<figcaption>${which}: ${text}</figcaption></figure>`;
}

function renderModules({ modules }: LoraVerdict): string {
  const rows = modules
    .slice(0, MOST_ROWS)
    .map(({ component, module, rank, scale, relative }) => [
      `${component}.${module}`,
      String(rank),
      figure(scale),
      relative === null ? '–' : figure(relative),
    ]);
  return `<details><summary>${modules.length} modules</summary>${table(['module', 'rank', 'scale', '‖ΔW‖/‖W‖'], rows)}</details>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], first: string, tag: string): string =>
    `<tr>${cells.map((cell, i) => `<${i === 0 ? first : tag}>${escapeHtml(cell)}</${i === 0 ? first : tag}>`).join('')}</tr>`;
  return `<div class="table"><table><thead>${line(heads, 'th', 'th')}</thead>
<tbody>${rows.map((row) => line(row, 'th', 'td')).join('')}</tbody></table></div>`;
}

function figure(value: number | string): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
