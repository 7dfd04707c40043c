/** @file What a check of a stored model found: all is well, or which records are damaged. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DamagedRecord, VerifyReport } from '../engine/protocol.ts';
import { translate } from '../locale/index.ts';
import { byteSize } from './byte-size.ts';
import { needsRepair } from './card-actions.ts';

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

function describeRecord({ kind, component, contents, byteLength, problem }: DamagedRecord): string {
  const [first = '', ...others] = contents;
  const name =
    kind === 'description'
      ? translate('recordDescription')
      : others.length > 0
        ? translate('recordAndMore', first, others.length)
        : first;
  const place = component === '' ? name : `${component}: ${name}`;
  return `${place} (${byteSize(byteLength)}) – ${translate(problem === 'missing' ? 'recordMissing' : 'recordChanged')}`;
}
