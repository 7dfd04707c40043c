/**
 * @file Writes the results of a run: all of them or none. Whether they can be written is found out before the
 * work begins, and a file has its name only once it is complete.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../src/error.ts';

/** A file to write: `name` as the user gave it, which messages repeat, and where it is. */
export interface OutputFile {
  readonly name: string;
  readonly file: string;
}

/** @throws AppError `output/unwritable` for the first file that cannot be written */
export async function checkOutputs(outputs: readonly OutputFile[]): Promise<void> {
  for (const output of outputs) {
    await explain(output, async () => {
      const existing = await stat(output.file).catch(() => undefined);
      if (existing?.isDirectory()) throw new Error('it is a folder');
      await writeFile(partName(output.file), '');
      await rm(partName(output.file));
    });
  }
}

/** @throws AppError `output/unwritable` for the first folder that cannot be made */
export async function makeFolders(folders: Iterable<string>): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw new AppError('output/unwritable', { file: folder, reason: 'it cannot be made' }, error);
    });
  }
}

/** @throws AppError `output/unwritable`; then none of the files is there */
export async function writeOutputs(outputs: readonly (OutputFile & { bytes: Uint8Array })[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const output of outputs) {
      written.push(partName(output.file));
      await explain(output, () => writeFile(partName(output.file), output.bytes));
    }
    for (const output of outputs) {
      await explain(output, () => rename(partName(output.file), output.file));
      written.push(output.file);
    }
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    throw error;
  }
}

/** In the same folder, so that renaming is one step. */
function partName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
}

/** Does what writes. @throws AppError `output/unwritable` with the reason why it cannot */
export async function explain<T>(output: Pick<OutputFile, 'name'>, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    const reasons: Record<string, string> = {
      ENOENT: 'its folder does not exist',
      ENOTDIR: 'its folder is a file',
      EEXIST: 'a file is in its place',
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the disk is read-only',
      ENOSPC: 'the disk is full',
    };
    const reason = reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
    throw new AppError('output/unwritable', { file: output.name, reason }, error);
  }
}
