import { describe, expect, it } from 'vitest';
import type { Range } from './http-range.ts';
import { KeptParts, RANGE_BYTES, type Part, type PartStore } from './kept-parts.ts';

const FILE = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const A = 'https://a.example/x.safetensors';

/** A store in memory, and a host that notes what it was asked. */
function world() {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>();
  const key = ({ address, begin, end }: Part) => JSON.stringify([address, begin, end]);
  const store: PartStore = {
    list: () =>
      Promise.resolve(
        [...stored.keys()].map((text) => {
          const [address, begin, end] = JSON.parse(text) as [string, number, number];
          return { address, begin, end };
        }),
      ),
    read: (part) => Promise.resolve(stored.get(key(part))),
    write: (part, bytes) => {
      stored.set(key(part), bytes);
      return Promise.resolve();
    },
  };
  const asked: [number, number][] = [];
  const fetch = ({ begin, end }: Range) => {
    asked.push([begin, end]);
    return Promise.resolve(FILE.slice(begin, end));
  };
  return { stored, store, asked, fetch };
}

/** Parts of an import whose model is open. */
async function opened(store: PartStore): Promise<KeptParts> {
  const parts = await KeptParts.open(store);
  await parts.keep();
  return parts;
}

const read = (
  parts: KeptParts,
  begin: number,
  end: number,
  fetch: (range: Range) => Promise<Uint8Array<ArrayBuffer>>,
) => parts.read(A, { begin, end }, fetch);

describe('KeptParts', () => {
  it('fetches only what neither an earlier attempt nor another reader has', async () => {
    const { store, asked, fetch } = world();
    const first = await opened(store);
    await read(first, 100, 200, fetch);
    await read(first, 300, 400, fetch);
    asked.length = 0;
    const second = await opened(store);
    expect(await read(second, 50, 450, fetch)).toEqual(FILE.slice(50, 450));
    expect(asked).toEqual([
      [50, 100],
      [200, 300],
      [400, 450],
    ]);
    const both = await Promise.all([read(second, 500, 600, fetch), read(second, 550, 580, fetch)]);
    expect(both).toEqual([FILE.slice(500, 600), FILE.slice(550, 580)]);
    expect(asked.slice(3)).toEqual([[500, 600]]);
  });

  it('asks for no more than a range at a time', async () => {
    const { store } = world();
    const asked: number[] = [];
    await read(await opened(store), 0, 2 * RANGE_BYTES + 1, ({ begin, end }) => {
      asked.push(end - begin);
      return Promise.resolve(new Uint8Array(end - begin));
    });
    expect(asked).toEqual([RANGE_BYTES, RANGE_BYTES, 1]);
  });

  it('fetches a part again that is gone, and one whose fetching failed', async () => {
    const { store, stored, asked, fetch } = world();
    const parts = await opened(store);
    await read(parts, 0, 100, fetch);
    stored.clear();
    expect(await read(parts, 20, 40, fetch)).toEqual(FILE.slice(20, 40));
    await expect(read(parts, 200, 300, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await read(parts, 200, 300, fetch);
    expect(asked).toEqual([
      [0, 100],
      [20, 40],
      [200, 300],
    ]);
  });

  it('keeps what opens the model to the end, and nothing before there is an import', async () => {
    const { store, stored, fetch } = world();
    const parts = await KeptParts.open(store);
    parts.add({ address: A, begin: 0, end: 50 }, FILE.slice(0, 50));
    await read(parts, 400, 410, fetch);
    expect(stored.size).toBe(0);
    await parts.keep();
    expect(stored.size).toBe(2);
    expect(parts.has(A)).toBe(true);
    await read(parts, 50, 100, fetch);
    expect(parts.release([], () => Infinity)).toEqual([{ address: A, begin: 50, end: 100 }]);
    const later = await KeptParts.open(store);
    expect(later.has(A)).toBe(true);
    await read(later, 0, 50, fetch);
    await later.keep();
    expect(later.release([], () => Infinity)).toEqual([
      { address: A, begin: 400, end: 410 },
      { address: A, begin: 50, end: 100 },
    ]);
  });

  it('lets a part go when no reader is left for it and the hash has passed it', async () => {
    const { store, fetch } = world();
    const parts = await opened(store);
    await read(parts, 0, 100, fetch);
    await read(parts, 100, 200, fetch);
    const left = [{ address: A, begin: 199, end: 300 }];
    expect(parts.release(left, () => 99)).toEqual([]);
    expect(parts.release(left, () => 150)).toEqual([{ address: A, begin: 0, end: 100 }]);
    expect(parts.release([{ ...left[0], address: 'b', begin: 0, end: 999 }], () => 200)).toEqual([
      { address: A, begin: 100, end: 200 },
    ]);
    expect(parts.release([], () => Infinity)).toEqual([]);
  });
});
