/**
 * @file What a long measurement has done so far, a line of JSON for each thing, so that an interrupted one goes on where it
 * stopped.
 */
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { writeOutputs } from './headless/outputs.ts';
import { UsageError } from './headless/words.ts';

/** Entries of a measurement, and the setting that all of them have in common. Both are plain data. */
export class Journal<Setting, Entry> {
  readonly setting: Setting;
  readonly #file: string;
  readonly #entries: Entry[];

  private constructor(file: string, setting: Setting, entries: Entry[]) {
    this.setting = setting;
    this.#file = file;
    this.#entries = entries;
  }

  /**
   * Opens the journal in a file, or begins one.
   * @param describe a setting in words
   * @param filesOf files that an entry tells of; where one is gone, so is the entry
   * @throws UsageError where it is of another setting
   */
  static async open<S, E>(
    file: string,
    setting: S,
    describe: (setting: S) => string,
    filesOf: (entry: E) => readonly string[],
  ): Promise<Journal<S, E>> {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    });
    // The last line may have been cut; what it was to tell is done again.
    const [head, ...entries] = text.split('\n').flatMap(parseLine);
    if (head === undefined) {
      await writeOutputs([{ name: file, file, bytes: Buffer.from(`${JSON.stringify(setting)}\n`) }]);
      return new Journal<S, E>(file, setting, []);
    }
    if (JSON.stringify(head) !== JSON.stringify(setting))
      throw new UsageError(`${file} is of another measurement (${describe(head as S)}); name another --out`);
    if (!text.endsWith('\n')) await appendFile(file, '\n');
    const isWhole = (entry: E): boolean => filesOf(entry).every((one) => existsSync(one));
    return new Journal(file, setting, (entries as E[]).filter(isWhole));
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  async add(entry: Entry): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify(entry)}\n`);
    this.#entries.push(entry);
  }
}

function parseLine(line: string): unknown[] {
  try {
    return [JSON.parse(line) as unknown];
  } catch {
    return [];
  }
}
