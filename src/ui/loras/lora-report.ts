/** @file What is known of a LoRA by its file, in words: reasons against it, repairs, and the figures of its modules. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { figure } from '../../locale/figure.ts';
import { translate } from '../../locale/index.ts';
import type { LoraReason, LoraRepair, LoraVerdict } from '../../lora/verdict.ts';

/** More are folded away. */
const MOST_SHOWN = 4;

export const loraReportStyles = css`
  .lines {
    display: grid;
    gap: var(--space-1);
    margin: 0;
    padding-inline-start: var(--space-4);
    overflow-wrap: anywhere;
  }

  /* The arrow of what is folded away is mark enough. */
  .lines > li:has(> details) {
    margin-inline-start: calc(-1 * var(--space-4));
    list-style: none;
  }

  .scroll {
    max-height: 18rem;
    overflow: auto;
  }

  table {
    width: 100%;
    border-collapse: collapse;
    font-size: var(--text-small);
    font-variant-numeric: tabular-nums;
  }

  th,
  td {
    padding: 2px var(--space-2) 2px 0;
    border-bottom: 1px solid var(--line);
    text-align: end;
    white-space: nowrap;
  }

  th {
    position: sticky;
    top: 0;
    background: var(--surface);
    color: var(--text-muted);
    font-weight: 500;
  }

  th:first-child,
  td:first-child {
    text-align: start;
    white-space: normal;
    overflow-wrap: anywhere;
  }
`;

/** Every reason against a LoRA; of a rule that is broken many times, the modules are folded away. */
export function renderReasons(reasons: readonly LoraReason[]): TemplateResult {
  const rules = [...new Set(reasons.map(({ rule }) => rule))];
  return html`
    <ul class="lines">
      ${rules.map((rule) => {
        const lines = reasons.filter((reason) => reason.rule === rule).map(reasonSentence);
        if (lines.length <= MOST_SHOWN) return lines.map((line) => html`<li>${line}</li>`);
        return html`
          <li>
            <details>
              <summary>${translate(`loraReasons.${rule}`, lines.length)}</summary>
              ${renderList(lines)}
            </details>
          </li>
        `;
      })}
    </ul>
  `;
}

/** Everything that was done to make a LoRA keep the rules. */
export function renderRepairs(repairs: readonly LoraRepair[]): TemplateResult | typeof nothing {
  if (repairs.length === 0) return nothing;
  return html`
    <div>
      <h5>${translate('loraDone')}</h5>
      <p class="hint">${repairSummary(repairs)}</p>
      ${renderLines(repairs.map(repairSentence))}
    </div>
  `;
}

/** Totals in one line: what it changes, and how much. */
export function totalsLine({ total }: LoraVerdict): string {
  const { modules, rank, scale, relative } = total;
  const totals = translate('loraTotals', modules, figure(rank), short(scale));
  return relative === null ? totals : `${totals} · ${translate('loraMoves', percent(relative))}`;
}

/** Rank, scale and ‖ΔW‖/‖W‖ of every module. */
export function renderFigures({ modules, total }: LoraVerdict): TemplateResult {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${translate('loraFigures')}>
      <table>
        <thead>
          <tr>
            <th scope="col">${translate('loraModule')}</th>
            <th scope="col">${translate('loraRank')}</th>
            <th scope="col">${translate('loraScale')}</th>
            <th scope="col">${translate('loraRelative')}</th>
          </tr>
        </thead>
        <tbody>
          ${modules.map(
            ({ component, module, rank, scale, relative }) => html`
              <tr>
                <td>${component} ${module}</td>
                <td>${rank}</td>
                <td>${short(scale)}</td>
                <td>${relative === null ? '–' : `${percent(relative)} %`}</td>
              </tr>
            `,
          )}
          <tr>
            <td>${translate('loraTotal', total.modules)}</td>
            <td>${total.rank}</td>
            <td>${short(total.scale)}</td>
            <td>${total.relative === null ? '–' : `${percent(total.relative)} %`}</td>
          </tr>
        </tbody>
      </table>
    </div>
  `;
}

/** A share in percent, to three digits. */
export function percent(share: number): string {
  return short(100 * share);
}

/** Three digits of a value. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Lines, all of them to be had, the first at once. */
export function renderLines(lines: readonly string[]): TemplateResult {
  const rest = lines.slice(MOST_SHOWN);
  return html`
    ${renderList(lines.slice(0, MOST_SHOWN))}
    ${
      rest.length === 0
        ? nothing
        : html`
            <details>
              <summary>${translate('loraMoreReasons', rest.length)}</summary>
              ${renderList(rest)}
            </details>
          `
    }
  `;
}

function renderList(lines: readonly string[]): TemplateResult {
  return html`
    <ul class="lines scroll">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  `;
}

export function reasonSentence({ rule, module, value, limit }: LoraReason): string {
  // What a verdict has no room for is counted in its last words on a rule.
  if (module === '' && limit === '') return translate('loraMoreReasons', Number.parseInt(String(value)));
  // Too much would be lost at the rank there may be.
  if (rule === 'rank' && typeof value === 'string')
    return translate('loraReasonEnergy', module, value, limit);
  return translate(`loraReason.${rule}`, module, value, limit);
}

/** How many repairs of which kind there are. */
export function repairSummary(repairs: readonly LoraRepair[]): string {
  const kinds = [...new Set(repairs.map(({ kind }) => kind))];
  return kinds
    .map((kind) =>
      translate(`loraDoneCount.${kind}`, repairs.filter((repair) => repair.kind === kind).length),
    )
    .join(' · ');
}

export function repairSentence(repair: LoraRepair): string {
  const { module } = repair;
  switch (repair.kind) {
    case 'left-out':
      return translate('loraDone.left-out', module);
    case 'compressed':
      return translate('loraDone.compressed', module, String(repair.rank), percent(repair.keptEnergy));
    case 'folded':
      return translate('loraDone.folded', module, short(repair.scale));
    case 'clamped':
      return translate('loraDone.clamped', module, short(repair.scale), percent(repair.effect));
  }
}
