/** @file The LoRAs that come with the site, as `models/loras/catalog.json` lists them; a site may have none. */
import { AppError } from '../../error.ts';
import { WEIGHT_RANGE } from './lora-weight-range.ts';

const FOLDER = 'models/loras/';
const CATALOG_FILE = `${FOLDER}catalog.json`;

export interface OfferedLora {
  /** Absolute address of its `.safetensors`. */
  readonly url: string;
  readonly file: string;
  readonly name: string;
  readonly base: string | undefined;
  readonly trigger: string | undefined;
  /** By BCP 47 tag. */
  readonly description: Readonly<Record<string, string>>;
  readonly licence: string | undefined;
  /** What its maker would set the slider to; `undefined`: 1. */
  readonly weight: number | undefined;
}

/** What comes with the site; nothing where it has no catalog. */
export async function fetchOfferedLoras(): Promise<readonly OfferedLora[]> {
  const address = new URL(CATALOG_FILE, document.baseURI).href;
  try {
    const response = await fetch(address);
    return response.ok ? parseOfferedLoras(await response.json(), address) : [];
  } catch {
    // Without a network there is nothing to offer; what is on the shelf is there all the same.
    return [];
  }
}

/**
 * Reads a catalog: `[{"file", "name"?, "base"?, "trigger"?, "description"?: {"en", …}, "licence"?, "weight"?}]`. What has
 * no file is left out, and so is a weight that the slider cannot show.
 * @param address where the catalog came from; files are relative to it
 */
export function parseOfferedLoras(catalog: unknown, address: string): OfferedLora[] {
  if (!Array.isArray(catalog)) return [];
  return (catalog as readonly Record<string, unknown>[]).flatMap((item) => {
    const file = text(item['file']);
    if (file === undefined) return [];
    return [
      {
        url: new URL(file, address).href,
        file,
        name: text(item['name']) ?? file,
        base: text(item['base']),
        trigger: text(item['trigger']),
        description: (item['description'] as OfferedLora['description'] | undefined) ?? {},
        licence: text(item['licence']),
        weight: sliderWeight(item['weight']),
      },
    ];
  });
}

/** Fetches one, as if it had been picked from disk. @throws AppError `weights/not-found`, `weights/unreachable` */
export async function fetchOfferedFile({ url, file }: OfferedLora): Promise<File> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new AppError('weights/not-found', { file, status: response.status });
    return new File([await response.blob()], file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('weights/unreachable', { file, reason }, error);
  }
}

function sliderWeight(value: unknown): number | undefined {
  const isWeight = typeof value === 'number' && value >= WEIGHT_RANGE.min && value <= WEIGHT_RANGE.max;
  return isWeight ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
