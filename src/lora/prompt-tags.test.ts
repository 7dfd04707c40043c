import { describe, expect, it } from 'vitest';
import { formatLoraHashes, formatLoraTag, parseLoraHashes, takeLoraTags } from './prompt-tags.ts';

describe('takeLoraTags', () => {
  it.each([
    ['a red apple', 'a red apple', []],
    ['a <lora:ink:0.8> red apple', 'a red apple', [{ name: 'ink', weight: 0.8 }]],
    ['<lora:ink> apple', 'apple', [{ name: 'ink', weight: 1 }]],
    ['apple <LORA:my style v2:-0.5>', 'apple', [{ name: 'my style v2', weight: -0.5 }]],
    ['apple <lora:ink:0.8:0.5>', 'apple', [{ name: 'ink', weight: 0.8 }]],
    ['apple <lora:ink:te=0.3:unet=0.5>', 'apple', [{ name: 'ink', weight: 0.3 }]],
    ['apple <lora:ink:strong>', 'apple', [{ name: 'ink:strong', weight: 1 }]],
    ['apple <lora:ink:0,5>', 'apple', [{ name: 'ink:0,5', weight: 1 }]],
    ['apple <lora:ink:>', 'apple', [{ name: 'ink:', weight: 1 }]],
    ['apple <lora: ink : .5 >', 'apple', [{ name: 'ink', weight: 0.5 }]],
    [
      '<lora:a:1><lora:b:2> apple',
      'apple',
      [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 2 },
      ],
    ],
    ['<hypernet:x:1> a < b > c', '<hypernet:x:1> a < b > c', []],
    ['<lora:>  two  blanks', '<lora:>  two  blanks', []],
  ])('%j', (text, prompt, tags) => {
    expect(takeLoraTags(text)).toEqual({ prompt, tags });
  });

  it('reads what formatLoraTag writes', () => {
    const tag = { name: 'ink', weight: -0.25 };
    expect(takeLoraTags(`apple ${formatLoraTag(tag)}`).tags).toEqual([tag]);
  });
});

describe('hashes', () => {
  const [a, b] = ['0123456789abcdef', 'fedcba9876543210'];

  it('are written as the web UI has them, each once, and read again', () => {
    const text = formatLoraHashes([
      { name: 'ink', hash: a },
      { name: 'clay v2', hash: b },
      { name: 'ink', hash: a },
    ]);
    expect(text).toBe('ink: 0123456789ab, clay v2: fedcba987654');
    expect([...parseLoraHashes(text)]).toEqual([
      ['ink', '0123456789ab'],
      ['clay v2', 'fedcba987654'],
    ]);
  });

  it('of nothing, and of nonsense, are none', () => {
    for (const text of ['', 'ink', 'ink: xyz', ': 12']) expect(parseLoraHashes(text).size).toBe(0);
  });
});
