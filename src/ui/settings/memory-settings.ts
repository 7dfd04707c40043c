/** @file How much memory a picture may take and how it is decoded: the user's choices, kept between visits. */
import type { GenerateRequest, VaeMode } from '../../engine/protocol/generate.ts';
import { MEBIBYTE } from '../parts/byte-size.ts';
import { readPreference, writePreference } from '../parts/preferences.ts';

export const MEMORY_SETTINGS = ['gpuBudgetBytes', 'ramBudgetBytes', 'vae', 'vaeTile', 'idleSeconds'] as const;

/** Whatever is absent is decided by the engine. */
export type MemorySettings = Pick<GenerateRequest, (typeof MEMORY_SETTINGS)[number]>;

/** What a budget may be, in MiB. */
export const BUDGET_RANGE = { min: 64, max: 16384, step: 64 };
/** Side of a decoder tile, in latents. */
export const TILE_RANGE = { min: 8, max: 128, step: 8 };

const PREFERENCE = 'memory';
const VAE_MODES: readonly VaeMode[] = ['full', 'tiled', 'tiny'];

/** The choices of earlier visits. */
export function readMemorySettings(): MemorySettings {
  return parseMemorySettings(readPreference(PREFERENCE) ?? '');
}

/** Keeps the choices. */
export function writeMemorySettings(settings: MemorySettings): void {
  writePreference(PREFERENCE, JSON.stringify(settings));
}

/** Reads kept choices; what is not one is left out. */
export function parseMemorySettings(text: string): MemorySettings {
  const kept = parseObject(text);
  const number = (name: string, isAllowed: (value: number) => boolean): number | undefined => {
    const value = kept[name];
    return typeof value === 'number' && isAllowed(value) ? value : undefined;
  };
  const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  const vae = VAE_MODES.find((mode) => mode === kept['vae']);
  return withoutAbsent({
    gpuBudgetBytes: number('gpuBudgetBytes', isWhole),
    ramBudgetBytes: number('ramBudgetBytes', isWhole),
    vae,
    vaeTile: vae === 'tiled' ? number('vaeTile', isWhole) : undefined,
    idleSeconds: number('idleSeconds', (value) => value >= 0),
  });
}

/** Settings with one changed; `undefined` gives it back to the engine. */
export function changeSetting<K extends keyof MemorySettings>(
  settings: MemorySettings,
  name: K,
  value: MemorySettings[K] | undefined,
): MemorySettings {
  return withoutAbsent({ ...settings, [name]: value });
}

/** The budget in bytes that a field asks for in MiB; `undefined` for what is no budget. */
export function budgetBytes(mebibytes: number): number | undefined {
  const { min, max } = BUDGET_RANGE;
  return mebibytes >= min && mebibytes <= max ? Math.round(mebibytes) * MEBIBYTE : undefined;
}

/** The smallest budget on the scale that has room for so many bytes, in bytes. */
export function budgetFor(neededBytes: number): number {
  const step = BUDGET_RANGE.step * MEBIBYTE;
  return Math.ceil(neededBytes / step) * step;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function withoutAbsent<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
