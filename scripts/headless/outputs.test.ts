import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutputs, writeOutputs } from './outputs.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'emulsion-out-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const output = (name: string) => ({ name, file: path.join(folder, name) });
const withBytes = (name: string, text: string) => ({
  ...output(name),
  bytes: new TextEncoder().encode(text),
});

describe('checkOutputs', () => {
  it('leaves nothing behind and keeps what is there', async () => {
    writeFileSync(path.join(folder, 'a.png'), 'old');
    await checkOutputs([output('a.png'), output('b.png')]);
    expect(readdirSync(folder)).toEqual(['a.png']);
    expect(readFileSync(path.join(folder, 'a.png'), 'utf8')).toBe('old');
  });

  it('refuses a missing folder, a file for a folder, and a folder for a file, by the given name', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    mkdirSync(path.join(folder, 'sub'));
    for (const name of ['missing/a.png', 'file/a.png', 'sub']) {
      await expect(checkOutputs([output('ok.png'), output(name)])).rejects.toMatchObject({
        code: 'output/unwritable',
        detail: { file: name },
      });
    }
    expect(readdirSync(folder).sort()).toEqual(['file', 'sub']);
  });
});

describe('writeOutputs', () => {
  it('writes all files and replaces old ones', async () => {
    writeFileSync(path.join(folder, 'a.png'), 'a longer old text');
    await writeOutputs([withBytes('a.png', 'new'), withBytes('b.png', 'b')]);
    expect(readdirSync(folder).sort()).toEqual(['a.png', 'b.png']);
    expect(readFileSync(path.join(folder, 'a.png'), 'utf8')).toBe('new');
  });

  it('writes none when one cannot be written', async () => {
    const outputs = [withBytes('a.png', 'a'), withBytes('missing/b.png', 'b')];
    await expect(writeOutputs(outputs)).rejects.toMatchObject({ code: 'output/unwritable' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes none when one cannot get its name', async () => {
    mkdirSync(path.join(folder, 'b.png'));
    await expect(writeOutputs([withBytes('a.png', 'a'), withBytes('b.png', 'b')])).rejects.toMatchObject({
      code: 'output/unwritable',
    });
    expect(readdirSync(folder)).toEqual(['b.png']);
  });
});
