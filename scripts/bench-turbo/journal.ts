/**
 * @file What has been painted so far, a line of JSON for each picture, so that an interrupted comparison goes on where it
 * stopped.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import type { GenerateResult } from '../../src/engine/protocol.ts';
import { UsageError } from '../headless/words.ts';

/** What all pictures of a comparison have in common. */
export interface Setting {
  readonly model: string;
  readonly teacher: string | null;
  readonly backend: GenerateResult['backend'];
  readonly adapter: string;
  readonly precision: GenerateResult['precision'];
}

/** A finished picture. */
export interface Painted {
  readonly arm: string;
  /** Its name in the folder of its arm. */
  readonly file: string;
  readonly prompt: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly guidance: GenerateResult['guidance'];
  readonly unetEvaluations: number;
  /** Opening the model is not among it. */
  readonly ms: Pick<GenerateResult['ms'], 'encode' | 'denoise' | 'decode'>;
  readonly gpuPeakBytes: number | null;
  readonly wasmHeapBytes: number | null;
  readonly black: boolean;
  readonly nonFinite: number;
}

export class Journal {
  readonly setting: Setting;
  readonly #file: string;
  readonly #painted: Painted[];

  private constructor(file: string, setting: Setting, painted: Painted[]) {
    this.setting = setting;
    this.#file = file;
    this.#painted = painted;
  }

  /**
   * Opens the journal of a folder, or begins one.
   * @throws UsageError where it is of another setting
   */
  static async open(file: string, setting: Setting): Promise<Journal> {
    const text = await readFile(file, 'utf8').catch(() => '');
    // The last line may have been cut; what it was to tell is painted again.
    const [head, ...painted] = text.split('\n').flatMap(parseLine);
    if (head !== undefined && JSON.stringify(head) !== JSON.stringify(setting))
      throw new UsageError(
        `${file} is of another comparison (${describe(head as Setting)}); name another --out`,
      );
    await writeFile(file, [setting, ...painted].map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new Journal(file, setting, painted as Painted[]);
  }

  get painted(): readonly Painted[] {
    return this.#painted;
  }

  find(arm: string, prompt: string, seed: number): Painted | undefined {
    return this.#painted.find((one) => one.arm === arm && one.prompt === prompt && one.seed === seed);
  }

  async add(painted: Painted): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify(painted)}\n`);
    this.#painted.push(painted);
  }
}

function parseLine(line: string): unknown[] {
  try {
    return [JSON.parse(line) as unknown];
  } catch {
    return [];
  }
}

function describe({ model, teacher, backend, adapter, precision }: Setting): string {
  return `${model}${teacher === null ? '' : ` and ${teacher}`} on ${backend}, ${adapter}, ${precision}`;
}
