/**
 * @file Progress on stderr: one line that rewrites itself on a terminal, and a line per milestone where the output is
 * kept, as in logs.
 */
import type { Progress } from '../../src/engine/protocol/generate.ts';
import type { LibraryProgress } from '../../src/engine/protocol/library.ts';
import type { LoraVerdict } from '../../src/lora/verdict.ts';
import { translate } from '../../src/locale/index.ts';
import { byteSize } from '../../src/ui/parts/byte-size.ts';
import { timeLeft } from '../../src/ui/parts/duration.ts';
import { stageWord } from '../../src/ui/parts/turbo-stages.ts';

/** How far some work is, in words. */
export interface ProgressLine {
  /** For a terminal. */
  readonly text: string;
  /** For a log. */
  readonly logged: string;
  /** A log has a line only when this changes. */
  readonly milestone: string;
}

export interface ProgressPrinter {
  show(line: ProgressLine): void;
  /** Prints a line of its own without spoiling the progress line. */
  line(text: string): void;
  /** Leaves the terminal clean. */
  end(): void;
}

const CLEAR_LINE = '\r\u001B[2K';

/** A printer for this stream. */
export function createProgressPrinter(stream: NodeJS.WriteStream = process.stderr): ProgressPrinter {
  let shown = '';
  const clear = () => {
    if (stream.isTTY && shown !== '') stream.write(CLEAR_LINE);
    shown = '';
  };
  return {
    show({ text, logged, milestone }) {
      const next = stream.isTTY ? text : milestone;
      if (next === shown) return;
      stream.write(stream.isTTY ? `${CLEAR_LINE}${text}` : `${logged}\n`);
      shown = next;
    },
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    end: clear,
  };
}

/** `denoise, step 2 of 4: texture, 37 %`; a log has a line per phase and per step. */
export function describePainting({ phase, step, steps = step, done, total }: Progress): ProgressLine {
  const stage = step && steps && stageWord(step, steps);
  const logged = step ? `${phase}, step ${step} of ${steps}${stage ? `: ${stage}` : ''}` : phase;
  const share = total > 0 ? Math.floor((100 * done) / total) : 0;
  return { text: `${logged}, ${share} %`, logged, milestone: logged };
}

/** `add, 1.20 GB of 6.46 GB, 35 MB/s, about 3 min left`; a log has a line per tenth. */
export function describeTransfer(progress: LibraryProgress): ProgressLine {
  const { task, doneBytes, totalBytes, bytesPerSecond, secondsLeft } = progress;
  const text = [
    task,
    ...(totalBytes > 0 ? [translate('amountDone', byteSize(doneBytes), byteSize(totalBytes))] : []),
    ...(bytesPerSecond === undefined ? [] : [translate('speed', byteSize(bytesPerSecond))]),
    ...(secondsLeft === undefined ? [] : [timeLeft(secondsLeft)]),
  ].join(', ');
  const tenths = totalBytes > 0 ? Math.floor((10 * doneBytes) / totalBytes) : 0;
  return { text, logged: text, milestone: `${task} ${tenths}` };
}

/** `admitted: 700 modules, rank up to 8, scale up to 1; the rest takes longer`. */
export function describeVerdict({ admitted, reasons, total }: LoraVerdict): ProgressLine {
  const judged = admitted
    ? 'admitted'
    : `refused for ${reasons.length} ${reasons.length === 1 ? 'reason' : 'reasons'}`;
  const text = `${judged}: ${total.modules} modules, rank up to ${total.rank}, scale up to ${total.scale}; the rest takes longer`;
  return { text, logged: text, milestone: text };
}

/** `trial, 40 %`; a log has a line per tenth. */
export function describeTrial(done: number, total: number): ProgressLine {
  const share = total > 0 ? done / total : 0;
  const text = `trial, ${Math.floor(100 * share)} %`;
  return { text, logged: text, milestone: `trial ${Math.floor(10 * share)}` };
}
