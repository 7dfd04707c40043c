/** @file What a check of a stored model found: all is well, or which records are damaged. */
import { html, nothing, type TemplateResult } from 'lit';
import type { VerifyReport } from '../../engine/protocol/library.ts';
import { translate } from '../../locale/index.ts';
import { needsRepair } from './card-actions.ts';
import { describeRecord } from './model-sentences.ts';

/** Records named one by one, at most. */
const MAX_NAMED = 8;

/** The report in words. */
export function renderReport(report: VerifyReport): TemplateResult {
  const { records, damaged } = report;
  if (damaged.length === 0) return html`<p class="hint">${translate('allIntact', records)}</p>`;
  const isMended = !needsRepair(report);
  const rest = damaged.length - MAX_NAMED;
  return html`
    <p>${translate(isMended ? 'damageRepaired' : 'damageFound', damaged.length, records)}</p>
    <ul class="hint">
      ${damaged.slice(0, MAX_NAMED).map((record) => html`<li>${describeRecord(record)}</li>`)}
      ${rest > 0 ? html`<li>${translate('moreRecords', rest)}</li>` : nothing}
    </ul>
  `;
}
