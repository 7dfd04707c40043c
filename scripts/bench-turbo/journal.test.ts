import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
    mkdirSync(path.join(folder, PAINTED.arm));
    writeFileSync(path.join(folder, PAINTED.arm, PAINTED.file), 'a picture');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('remembers what was painted, also after a line was cut', async () => {
    await (await openJournal(folder, SETTING)).add([PAINTED]);
    appendFileSync(file, '[{"arm":"euler-a","file":"000');
    const again = await openJournal(folder, SETTING);
    expect(again.entries).toEqual([[PAINTED]]);
    const other = [{ ...PAINTED, seed: 8 }];
    await again.add(other);
    const third = await openJournal(folder, SETTING);
    expect(findRound(third, 'a fox', 8)).toEqual(other);
    expect(findRound(third, 'a fox', 9)).toBeUndefined();
    expect(findRound(third, 'a hat', 8)).toBeUndefined();
  });

  it('forgets a round of which a picture was deleted', async () => {
    const refused = { code: 'image/zeros', sentence: 'Zeros.', black: true };
    const other = [{ ...PAINTED, file: '000-8.png', seed: 8, refused }];
    const journal = await openJournal(folder, SETTING);
    await journal.add([PAINTED]);
    await journal.add(other);
    rmSync(path.join(folder, PAINTED.arm, PAINTED.file));
    expect((await openJournal(folder, SETTING)).entries).toEqual([other]);
  });

  it('is not rewritten when it is opened', async () => {
    await (await openJournal(folder, SETTING)).add([PAINTED]);
    const { ino, mtimeMs } = statSync(file);
    await openJournal(folder, SETTING);
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
  });

  it('is not begun anew where it cannot be read', async () => {
    mkdirSync(file);
    await expect(openJournal(folder, SETTING)).rejects.toThrow(/EISDIR/);
  });

  it.each<Partial<Setting>>([
    { adapter: 'CPU, 8 threads' },
    { model: 'other' },
    { cpu: 'Example 4' },
    { vae: 'tiled' },
    { gpuBudgetBytes: 2 ** 30 },
    { ramBudgetBytes: 2 ** 30 },
  ])('is not taken for one of another setting: %j', async (change) => {
    await (await openJournal(folder, SETTING)).add([PAINTED]);
    const other = openJournal(folder, { ...SETTING, ...change });
    await expect(other).rejects.toThrow(UsageError);
    await expect(other).rejects.toThrow(/emoji on wasm, CPU, 2 threads, Example 3, f32/);
    expect((await openJournal(folder, SETTING)).entries).toEqual([[PAINTED]]);
  });
});
