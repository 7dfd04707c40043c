import { describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { readLoras } from './loras.ts';

describe('readLoras', () => {
  it.each([
    ['ink.safetensors', { place: 'ink.safetensors', weight: 1 }],
    ['ink.safetensors:0.8', { place: 'ink.safetensors', weight: 0.8 }],
    ['dir/ink.safetensors:-1', { place: 'dir/ink.safetensors', weight: -1 }],
    ['C:\\loras\\ink.safetensors', { place: 'C:\\loras\\ink.safetensors', weight: 1 }],
    ['https://host:8080/ink.safetensors:2', { place: 'https://host:8080/ink.safetensors', weight: 2 }],
    ['no-ending', { place: 'no-ending', weight: 1 }],
  ])('%s', (word, expected) => {
    expect(readLoras([word], 'apple')).toEqual({ loras: [expected], prompt: 'apple' });
  });

  it('lets tags in the prompt set the weight of the files they name', () => {
    expect(readLoras(['a/ink.safetensors:0.3', 'clay.safetensors'], 'apple <lora:ink:0.9>')).toEqual({
      loras: [
        { place: 'a/ink.safetensors', weight: 0.9 },
        { place: 'clay.safetensors', weight: 1 },
      ],
      prompt: 'apple',
    });
  });

  it.each([
    [['ink.safetensors:strong'], 'apple', '"strong" is no weight'],
    [['ink.safetensors:'], 'apple', '"" is no weight'],
    [['ink.safetensors', 'b/ink.safetensors'], 'apple', '"ink" twice'],
    [['ink.safetensors'], 'apple <lora:clay:1>', 'the LoRA "clay", but no --lora'],
    [['ink.safetensors'], 'apple <lora:ink:0,5>', 'the LoRA "ink:0,5", but no --lora'],
  ])('refuses %j with %j', (words, prompt, message) => {
    expect(() => readLoras(words, prompt)).toThrow(UsageError);
    expect(() => readLoras(words, prompt)).toThrow(message);
  });
});
