/** @file How far a piece of work on a stored model is: told to whoever asked for it and to the other tabs. */
import { announceImport } from '../store/import-channel.ts';
import { TransferMeter } from '../store/transfer-meter.ts';
import type { DamagedRecord, LibraryHandlers, LibraryProgress } from './protocol/library.ts';

/** Other tabs take silence for the end of the work. */
const PROGRESS_INTERVAL_MS = 500;

/** Where a piece of work stands. */
export interface Progress {
  /** Bytes to come over the network for one byte of the model. */
  expect(bytesPerByte: number): void;
  /** So many bytes of the model are done, of so many. */
  reach(doneBytes: number, totalBytes: number): void;
  /** So many bytes have come over the network. */
  arrive(count: number): void;
  /** Something that had come cannot be used, and is fetched again. */
  mend(record: DamagedRecord): void;
}

/**
 * Tells the caller and the other tabs, steadily, how far a piece of work is.
 * @param source key of the place that the model comes from
 */
export async function report<T>(
  id: string,
  source: string,
  task: LibraryProgress['task'],
  { onProgress }: LibraryHandlers,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const meter = new TransferMeter(performance.now());
  const others = announceImport(source);
  let [done, total, underWay, bytesPerByte] = [0, 0, 0, 1];
  let isRemote = false;
  let mended: readonly DamagedRecord[] = [];
  const tell = () => {
    // What is under way shows too, but never as if it were the end.
    const doneBytes = Math.max(done, Math.min(Math.round(done + underWay), total - 1));
    const speed = meter.speed(performance.now(), (total - doneBytes) * bytesPerByte);
    const progress: LibraryProgress = {
      ...{ id, task, doneBytes, totalBytes: total, ...speed, elsewhere: false },
      ...(mended.length > 0 && { mended }),
    };
    onProgress?.(progress);
    others.tell(progress);
  };
  const timer = setInterval(tell, PROGRESS_INTERVAL_MS);
  tell();
  try {
    return await work({
      expect(ratio) {
        bytesPerByte = ratio;
      },
      reach(doneBytes, totalBytes) {
        const step = doneBytes - done;
        underWay = Math.max(0, underWay - step);
        // The first report of a resumed import is what was there before.
        if (!isRemote && total > 0) meter.add(step);
        [done, total] = [doneBytes, totalBytes];
        tell();
      },
      arrive(count) {
        isRemote = true;
        meter.add(count);
        if (total > 0) underWay += count / bytesPerByte;
      },
      mend(record) {
        mended = [...mended, record];
      },
    });
  } finally {
    clearInterval(timer);
    others.close();
  }
}
