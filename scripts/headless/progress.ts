/**
 * @file Progress on stderr: one line that rewrites itself on a terminal, and a line per phase and per step
 * where the output is kept, as in logs.
 */
import type { Progress } from '../../src/engine/protocol.ts';

export interface ProgressPrinter {
  show(progress: Progress): void;
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
    show(progress) {
      const text = stream.isTTY ? describeFinely(progress) : describeCoarsely(progress);
      if (text === shown) return;
      stream.write(stream.isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`);
      shown = text;
    },
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    end: clear,
  };
}

/** `denoise, step 2 of 4` */
function describeCoarsely({ phase, step, steps }: Progress): string {
  return step === undefined ? phase : `${phase}, step ${step} of ${steps ?? step}`;
}

/** `denoise, step 2 of 4, 37 %` */
function describeFinely(progress: Progress): string {
  const share = progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 0;
  return `${describeCoarsely(progress)}, ${share} %`;
}
