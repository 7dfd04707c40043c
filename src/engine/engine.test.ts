import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEngine } from './engine.ts';
import type { GenerateRequest } from './protocol/generate.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'files', files: [] },
  prompt: '',
  seed: 0n,
  count: 1,
  guidance: 'auto',
  backend: 'wasm',
  precision: 'f32',
  idleSeconds: 7,
  dump: false,
  previews: false,
};

afterEach(() => vi.useRealTimers());

describe('createEngine', () => {
  it('lets weights leave after the idle time also when a model could not be opened', async () => {
    vi.useFakeTimers();
    const engine = createEngine();
    await expect(engine.generate(REQUEST, {})).rejects.toMatchObject({ code: 'model/config-missing' });
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(7000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
