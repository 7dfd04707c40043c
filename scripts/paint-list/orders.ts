/**
 * @file A list of orders as `npm run paint-list` takes it: JSON, read as strictly as a command line. What a field means
 * is what the flag of `npm run generate` with its name means.
 */
import path from 'node:path';
import { SAMPLERS } from '../../src/latents/sampler-names.ts';
import type { PictureOrder } from '../headless/paint.ts';
import { GUIDANCES } from '../headless/engine-flags.ts';
import { UsageError } from '../headless/words.ts';

/** One picture to paint. */
export interface ListedOrder {
  /** Where the picture goes, inside the output folder. */
  readonly file: string;
  readonly picture: Omit<PictureOrder, 'backend' | 'count' | 'precision' | 'dump'>;
}

/** An object whose fields are all good. */
type CheckedOrder = Omit<ListedOrder['picture'], 'seed' | 'guidance'> & {
  readonly file: string;
  readonly seed: number;
  readonly guidance?: ListedOrder['picture']['guidance'];
};

interface FieldRule {
  readonly isGood: (value: unknown) => boolean;
  readonly expected: string;
}

const TEXT: FieldRule = { isGood: (value) => typeof value === 'string', expected: 'a text' };
const COUNT: FieldRule = { isGood: (value) => isWhole(value, 1), expected: 'a whole number above 0' };
const SHARE: FieldRule = {
  isGood: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  expected: 'a number from 0 to 1',
};
const FIELDS: Readonly<Record<string, FieldRule>> = {
  file: {
    isGood: (value) => typeof value === 'string' && isInside(value),
    expected: 'the name of a .png file inside the output folder',
  },
  prompt: TEXT,
  negative: TEXT,
  seed: { isGood: (value) => isWhole(value, 0), expected: 'a whole number from 0 to 2^53-1' },
  steps: COUNT,
  width: COUNT,
  height: COUNT,
  sampler: oneOf(SAMPLERS),
  eta: SHARE,
  guidance: oneOf(GUIDANCES),
  guidanceScale: {
    isGood: (value) => typeof value === 'number' && value >= 0,
    expected: 'a number, 0 or above',
  },
  guidanceRescale: SHARE,
  clipSkip: { isGood: (value) => isWhole(value, 0), expected: 'a whole number, 0 or above' },
};
const NEEDED = ['file', 'prompt', 'seed'];

/**
 * Reads a list of orders.
 * @param name of the file, for messages
 * @throws UsageError
 */
export function parseOrders(text: string, name: string): ListedOrder[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UsageError(`${name} is not valid JSON`);
  }
  if (!Array.isArray(list)) throw new UsageError(`${name} is not a list of orders`);
  const orders = list.map((order: unknown, index) => parseOrder(order, `order ${index + 1} of ${name}`));
  const files = orders.map(({ file }) => path.normalize(file));
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined) throw new UsageError(`${name} has two orders for ${twice}`);
  return orders;
}

function parseOrder(order: unknown, where: string): ListedOrder {
  if (typeof order !== 'object' || order === null) throw new UsageError(`${where} is not an object`);
  const missing = NEEDED.find((field) => !(field in order));
  if (missing !== undefined) throw new UsageError(`${where} has no "${missing}"`);
  for (const [field, value] of Object.entries(order)) {
    const rule = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (!rule) throw new UsageError(`${where} has a field "${field}", which does not exist`);
    if (!rule.isGood(value)) throw new UsageError(`"${field}" in ${where} takes ${rule.expected}`);
  }
  const { file, seed, guidance = 'auto', ...picture } = order as CheckedOrder;
  return { file, picture: { ...picture, guidance, seed: BigInt(seed) } };
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function isInside(file: string): boolean {
  const [first] = path.normalize(file).split(/[/\\]/);
  return /\.png$/i.test(file) && first !== '..' && !path.isAbsolute(file);
}

function oneOf(choices: readonly string[]): FieldRule {
  return { isGood: (value) => choices.includes(value as string), expected: choices.join(', ') };
}
