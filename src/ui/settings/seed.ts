/** @file Seeds as people write and draw them. */

/** One more than the largest seed: `torch.Generator.manual_seed` takes 64 bits. */
const SEED_END = 2n ** 64n;

/** The seed a text means, or `undefined` when it is none. */
export function parseSeed(text: string): bigint | undefined {
  const digits = text.trim();
  if (!/^\d+$/.test(digits)) return undefined;
  const seed = BigInt(digits);
  return seed < SEED_END ? seed : undefined;
}

/** A new seed; 32 bits are enough for chance and short enough to read aloud. */
export function randomSeed(): bigint {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return BigInt(value);
}
