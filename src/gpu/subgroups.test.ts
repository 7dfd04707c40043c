import { describe, expect, it } from 'vitest';
import { judgeSubgroups } from './subgroups.ts';

const WORKGROUP = 256;
const COUNT = 4 * WORKGROUP;
/** In the order of the shader's `Outcome`. */
const FIELDS = {
  size: 0,
  lane: 1,
  subgroupBroadcastFirst: 2,
  subgroupAdd: 3,
  subgroupExclusiveAdd: 4,
  subgroupInclusiveAdd: 5,
  subgroupMax: 6,
  subgroupMin: 7,
  subgroupBroadcast: 8,
  subgroupShuffle: 9,
  subgroupShuffleXor: 10,
  subgroupBallot: 11,
} as const;
const WIDTH = 12;
const value = (index: number): number => (index * 7919) % 1013;

/** What a device without a fault writes; `place` says which invocation has which lane of which subgroup. */
function outcomes(size: number, place = (i: number): number => i): ArrayBuffer {
  const bytes = new ArrayBuffer(COUNT * WIDTH * 4);
  const [integers, floats] = [new Uint32Array(bytes), new Float32Array(bytes)];
  for (let start = 0; start < COUNT; start += size) {
    const members = Array.from({ length: size }, (_, lane) => place(start + lane));
    let before = 0;
    for (const [lane, index] of members.entries()) {
      const at = (offset: number): number => value(members[offset] ?? NaN);
      const values = members.map(value);
      const total = values.reduce((sum, summand) => sum + summand);
      integers.set([size, lane, members[0] ?? 0], index * WIDTH);
      floats.set(
        [total, before, (before += at(lane)), Math.max(...values), Math.min(...values)],
        index * WIDTH + 3,
      );
      floats.set([at(2), at((lane + 1) % size), at(lane ^ 1)], index * WIDTH + 8);
      integers[index * WIDTH + 11] = values.filter((item) => item % 2 === 1).length;
    }
  }
  return bytes;
}

describe('judgeSubgroups', () => {
  it.each([4, 8, 16, 32, 64, 128])('finds subgroups of %i right', (size) => {
    expect(judgeSubgroups(outcomes(size))).toEqual({ result: 'right', size, wrong: [], reason: null });
  });

  it('does not mind which invocations share a subgroup', () => {
    // Two rows of 16 side by side, as a GPU may lay out a square; within a workgroup of 256.
    const mixed = (i: number): number => {
      const [workgroup, inside] = [Math.floor(i / WORKGROUP), i % WORKGROUP];
      return workgroup * WORKGROUP + (inside % 2) * (WORKGROUP / 2) + Math.floor(inside / 2);
    };
    expect(judgeSubgroups(outcomes(32, mixed)).result).toBe('right');
  });

  const operations = Object.entries(FIELDS).filter(([name]) => name.startsWith('subgroup'));
  it.each(operations)('names %s when one of its results is wrong', (operation, field) => {
    const bytes = outcomes(32);
    const words = new Uint32Array(bytes);
    words[700 * WIDTH + field] = (words[700 * WIDTH + field] ?? 0) ^ 1;
    expect(judgeSubgroups(bytes)).toEqual({ result: 'wrong', size: 32, wrong: [operation], reason: null });
  });

  it('does not take a shader that never ran for right', () => {
    expect(judgeSubgroups(new ArrayBuffer(COUNT * WIDTH * 4)).result).toBe('wrong');
  });
});
