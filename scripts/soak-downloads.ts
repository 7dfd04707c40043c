/**
 * @file `npm run soak:downloads`: kills a browser at random moments of a download and shows what each kill has cost.
 * Exit code 1 when one has cost more than the ranges in flight, or when what is stored in the end is not the model.
 */
import { runWithFlags } from './headless/command.ts';
import { readChoice, readInteger } from './headless/words.ts';
import { SIZES, type SizeName } from './make-checkpoint/sizes.ts';
import { soakFailures, soakTable } from './soak-downloads/report.ts';
import { soakDownloads } from './soak-downloads/soak.ts';

const USAGE = `Usage: npm run soak:downloads -- [--kills N] [--seed N] [--size tiny|mid|full] [--rate MB]

Serves a random checkpoint on this machine, downloads it in a real browser, kills that N times (default 20) at moments
drawn from the seed (default 1), and lets the last attempt finish. --rate is what the host sends over one connection in a
second (default 16 with mid); the slower, the more moments there are.
`;

/** Slow enough for twenty kills. */
const RATES: Readonly<Record<SizeName, number>> = { tiny: 1, mid: 16, full: 32 };
const MIB = 2 ** 20;

const TEXT = { type: 'string' } as const;
const FLAGS = { kills: TEXT, seed: TEXT, size: TEXT, rate: TEXT } as const;

await runWithFlags(USAGE, FLAGS, async (command, values) => {
  const size = readChoice('size', values.size, Object.keys(SIZES) as SizeName[]) ?? 'mid';
  const work = soakDownloads({
    kills: readInteger('kills', values.kills) ?? 20,
    seed: readInteger('seed', values.seed) ?? 1,
    size,
    bytesPerSecond: MIB * (readInteger('rate', values.rate) ?? RATES[size]),
    log: command.note,
  });
  const result = await command.unlessStopped(work);
  process.stdout.write(soakTable(result));
  const failures = soakFailures(result);
  for (const failure of failures) process.stdout.write(`wrong: ${failure}\n`);
  command.holds = failures.length === 0;
});
