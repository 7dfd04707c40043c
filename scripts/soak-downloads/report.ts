/** @file What a soak comes to: the table for people, and whether everything is as it has to be. */
import type { SoakResult } from './soak.ts';

const MIB = 2 ** 20;
/** What `docs/models.md` promises: ranges in flight, and the size of one. */
const MAX_RANGES = 4;
const MAX_RANGE_BYTES = 8 * MIB;

export function soakTable(result: SoakResult): string {
  const head = ['kill', 'sent', 'in flight', '', 'asked for again', ''];
  const rows = result.kills.map(({ sentBytes, inFlight, again }, i) => [
    `${i + 1}`,
    mib(sentBytes),
    `${inFlight.ranges} ranges`,
    mib(inFlight.bytes),
    `${again.ranges} ranges`,
    mib(again.bytes),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const lines = [head, ...rows].map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
  const { verified, fileBytes, checkedFiles, files, wrongRecords, kills } = result;
  const againBytes = kills.reduce((sum, { again }) => sum + again.bytes, 0);
  lines.push(
    '',
    `${kills.length} kills; ${mib(againBytes)} of ${mib(fileBytes)} asked for again`,
    `${verified.records} records, ${verified.damaged.length} damaged, ${wrongRecords} unlike the files`,
    `${checkedFiles} of ${files} files compared with their published SHA-256`,
  );
  return `${lines.join('\n')}\n`;
}

/** One sentence for everything that is wrong. */
export function soakFailures(result: SoakResult): string[] {
  const { kills, twiceBytes, verified, checkedFiles, files, wrongRecords } = result;
  const failures = kills.flatMap(({ inFlight, again }, i) => {
    const isTooMuch = again.bytes > inFlight.bytes || again.bytes > MAX_RANGES * MAX_RANGE_BYTES;
    return isTooMuch
      ? [`kill ${i + 1}: ${again.bytes} bytes asked for again, ${inFlight.bytes} in flight`]
      : [];
  });
  if (twiceBytes > 0) failures.push(`${twiceBytes} bytes were asked for twice by one visit`);
  if (verified.damaged.length > 0) failures.push(`${verified.damaged.length} records are damaged`);
  if (wrongRecords > 0) failures.push(`${wrongRecords} records are not what the files hold`);
  if (checkedFiles !== files) failures.push(`only ${checkedFiles} of ${files} files were checked`);
  return failures;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MB`;
}
