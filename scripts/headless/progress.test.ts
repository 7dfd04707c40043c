import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/engine/protocol/generate.ts';
import type { LibraryProgress } from '../../src/engine/protocol/library.ts';
import { createProgressPrinter, describePainting, describeTransfer } from './progress.ts';

function record(isTTY: boolean) {
  let text = '';
  const stream = { isTTY, write: (part: string) => ((text += part), true) };
  return { printer: createProgressPrinter(stream as unknown as NodeJS.WriteStream), text: () => text };
}

const EVENTS: Progress[] = [
  { phase: 'load', done: 0, total: 200 },
  { phase: 'load', done: 100, total: 200 },
  { phase: 'denoise', done: 1, total: 8, step: 1, steps: 2 },
  { phase: 'denoise', done: 2, total: 8, step: 1, steps: 2 },
  { phase: 'denoise', done: 5, total: 8, step: 2, steps: 2 },
];

describe('createProgressPrinter', () => {
  it('writes a line per phase and step where the output is kept', () => {
    const { printer, text } = record(false);
    EVENTS.forEach((progress) => printer.show(describePainting(progress)));
    printer.line('note: the prompt was cut');
    printer.end();
    expect(text()).toBe('load\ndenoise, step 1 of 2\ndenoise, step 2 of 2\nnote: the prompt was cut\n');
  });

  it('rewrites one line on a terminal and leaves it clean', () => {
    const { printer, text } = record(true);
    EVENTS.forEach((progress) => printer.show(describePainting(progress)));
    printer.line('note: the prompt was cut');
    printer.end();
    const lines = text().split('\r\u001B[2K');
    expect(lines).toEqual([
      '',
      'load, 0 %',
      'load, 50 %',
      'denoise, step 1 of 2, 12 %',
      'denoise, step 1 of 2, 25 %',
      'denoise, step 2 of 2, 62 %',
      'note: the prompt was cut\n',
    ]);
  });
});

it('names the four stages of Turbo', () => {
  const { text } = describePainting({ phase: 'denoise', done: 1, total: 2, step: 2, steps: 4 });
  expect(text).toBe('denoise, step 2 of 4: texture, 50 %');
});

describe('describeTransfer', () => {
  const progress = (doneBytes: number, more: Partial<LibraryProgress> = {}): LibraryProgress => {
    const unknown = { bytesPerSecond: undefined, secondsLeft: undefined, elsewhere: false };
    return { id: 'm', task: 'add', doneBytes, totalBytes: 200 * 2 ** 20, ...unknown, ...more };
  };

  it('tells amounts, speed and the time left, once they are known', () => {
    const rate = { bytesPerSecond: 5 * 2 ** 20, secondsLeft: 34 };
    expect(describeTransfer(progress(30 * 2 ** 20, rate)).text).toBe(
      'add, 30 MB of 200 MB, 5.0 MB/s, 35 s left',
    );
    expect(describeTransfer(progress(0, { totalBytes: 0 })).text).toBe('add');
  });

  it('leaves a line per tenth in a log', () => {
    const { printer, text } = record(false);
    for (let mib = 0; mib <= 45; mib++) printer.show(describeTransfer(progress(mib * 2 ** 20)));
    expect(text().split('\n')).toEqual([
      'add, 0.0 MB of 200 MB',
      'add, 20 MB of 200 MB',
      'add, 40 MB of 200 MB',
      '',
    ]);
  });
});
