import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { findPainted, openJournal, type Painted, type Setting } from './journal.ts';

const SETTING: Setting = {
  ...{ model: 'emoji', teacher: null, backend: 'wasm', adapter: 'CPU, 2 threads', precision: 'f32' },
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
    await (await openJournal(file, SETTING)).add(PAINTED);
    appendFileSync(file, '{"arm":"euler-a","file":"000');
    const again = await openJournal(file, SETTING);
    expect(again.entries).toEqual([PAINTED]);
    await again.add({ ...PAINTED, seed: 8 });
    const third = await openJournal(file, SETTING);
    expect(findPainted(third, 'turbo', 'a fox', 8)).toEqual({ ...PAINTED, seed: 8 });
    expect(findPainted(third, 'euler-a', 'a fox', 8)).toBeUndefined();
  });

  it('is not taken for one of another machine or model', async () => {
    await (await openJournal(file, SETTING)).add(PAINTED);
    const other = openJournal(file, { ...SETTING, adapter: 'CPU, 8 threads' });
    await expect(other).rejects.toThrow(UsageError);
    await expect(openJournal(file, { ...SETTING, model: 'other' })).rejects.toThrow(/emoji on wasm/);
    expect((await openJournal(file, SETTING)).entries).toEqual([PAINTED]);
  });
});
