import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { findRound, openJournal, type Painted, type Setting } from './journal.ts';

const SETTING: Setting = {
  ...{ model: 'emoji', teacher: null, backend: 'wasm', adapter: 'CPU, 2 threads', precision: 'f32' },
  ...{ cpu: 'Example 3', vae: null, gpuBudgetBytes: null, ramBudgetBytes: null },
};
const PAINTED: Painted = {
  ...{ arm: 'turbo', file: '000-7.png', prompt: 'a fox', seed: 7, width: 64, height: 64 },
  ...{ guidance: 'off', unetEvaluations: 4, ms: { encode: 1, denoise: 40, decode: 2 } },
  ...{ gpuPeakBytes: null, wasmHeapBytes: 1024, black: false, nonFinite: 0 },
};

describe('the journal', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-journal-'));
    file = path.join(folder, 'journal.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('remembers what was painted, also after a line was cut', async () => {
    await (await openJournal(file, SETTING)).add([PAINTED]);
    appendFileSync(file, '[{"arm":"euler-a","file":"000');
    const again = await openJournal(file, SETTING);
    expect(again.entries).toEqual([[PAINTED]]);
    const other = [{ ...PAINTED, seed: 8 }];
    await again.add(other);
    const third = await openJournal(file, SETTING);
    expect(findRound(third, 'a fox', 8)).toEqual(other);
    expect(findRound(third, 'a fox', 9)).toBeUndefined();
    expect(findRound(third, 'a hat', 8)).toBeUndefined();
  });

  it('is not rewritten when it is opened', async () => {
    await (await openJournal(file, SETTING)).add([PAINTED]);
    const { ino, mtimeMs } = statSync(file);
    await openJournal(file, SETTING);
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
  });

  it('is not begun anew where it cannot be read', async () => {
    mkdirSync(file);
    await expect(openJournal(file, SETTING)).rejects.toThrow(/EISDIR/);
  });

  it.each<Partial<Setting>>([
    { adapter: 'CPU, 8 threads' },
    { model: 'other' },
    { cpu: 'Example 4' },
    { vae: 'tiled' },
    { gpuBudgetBytes: 2 ** 30 },
    { ramBudgetBytes: 2 ** 30 },
  ])('is not taken for one of another setting: %j', async (change) => {
    await (await openJournal(file, SETTING)).add([PAINTED]);
    const other = openJournal(file, { ...SETTING, ...change });
    await expect(other).rejects.toThrow(UsageError);
    await expect(other).rejects.toThrow(/emoji on wasm, CPU, 2 threads, Example 3, f32/);
    expect((await openJournal(file, SETTING)).entries).toEqual([[PAINTED]]);
  });
});
