/**
 * @file What a long measurement has done so far, a line of JSON for each thing, so that an interrupted one goes on where it
 * stopped.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
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
   * @throws UsageError where it is of another setting
   */
  static async open<S, E>(
    file: string,
    setting: S,
    describe: (setting: S) => string,
  ): Promise<Journal<S, E>> {
    const text = await readFile(file, 'utf8').catch(() => '');
    // The last line may have been cut; what it was to tell is done again.
    const [head, ...entries] = text.split('\n').flatMap(parseLine);
    if (head !== undefined && JSON.stringify(head) !== JSON.stringify(setting))
      throw new UsageError(`${file} is of another measurement (${describe(head as S)}); name another --out`);
    await writeFile(file, [setting, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new Journal(file, setting, entries as E[]);
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
