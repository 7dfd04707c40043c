import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../src/error.ts';
import { describeFailure } from './failure.ts';

afterEach(() => vi.unstubAllEnvs());

describe('describeFailure', () => {
  it('is one line with the code', () => {
    const failure = describeFailure(new AppError('output/unwritable', { file: 'a.png', reason: 'one\ntwo' }));
    expect(failure).toMatch(/^error: output\/unwritable: [^\n]*a\.png[^\n]*one two[^\n]*$/);
  });

  it('shows the cause only when asked to', () => {
    const error = new AppError('engine/crashed', { reason: 'it died' }, new Error('the cause'));
    expect(describeFailure(error)).not.toContain('the cause');
    vi.stubEnv('EMULSION_DEBUG', '1');
    expect(describeFailure(error)).toContain('the cause');
  });
});
