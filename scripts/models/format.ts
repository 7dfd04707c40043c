/** @file What `npm run models` prints for people. */
import type { LibraryListing, StoredModel, VerifyReport } from '../../src/engine/protocol/library.ts';
import { translate } from '../../src/locale/index.ts';
import { byteSize } from '../../src/ui/parts/byte-size.ts';
import { describeRecord } from '../../src/ui/models/model-sentences.ts';
import { alignColumns } from '../table.ts';

/** A table of the models, and the storage they share. */
export function formatListing({ models, storage }: LibraryListing): string {
  const { usedBytes, availableBytes } = storage;
  const lines =
    models.length === 0
      ? ['No model is stored.']
      : alignColumns([['ID', 'STATE', 'SIZE', 'SOURCE'], ...models.map(modelRow)]);
  if (usedBytes !== undefined && availableBytes !== undefined)
    lines.push(`${byteSize(usedBytes)} of storage used, ${byteSize(availableBytes)} left.`);
  return lines.join('\n');
}

/** What a check found, record by record. */
export function formatReport({ records, damaged }: VerifyReport): string {
  if (damaged.length === 0) return translate('allIntact', records);
  const isMended = damaged.every(({ repaired }) => repaired);
  const summary = translate(isMended ? 'damageRepaired' : 'damageFound', damaged.length, records);
  return [summary, ...damaged.map((record) => `  ${describeRecord(record)}`)].join('\n');
}

function modelRow({ id, state, byteLength, storedBytes, source }: StoredModel): string[] {
  const whole = byteSize(byteLength);
  const size = state === 'ready' ? whole : translate('amountDone', byteSize(storedBytes), whole);
  return [id, state, size, source];
}
