import { describe, expect, it } from 'vitest';
import { GROUP_NORM_CASES, groupNormError, groupNormInputs } from '../gpu/test-group-norm.ts';
import { groupNormOnHost } from './host-kernels.ts';

describe('groupNormOnHost', () => {
  it.each(GROUP_NORM_CASES.map((example) => [example.name, example] as const))(
    'agrees with torch: %s',
    (_name, example) => {
      const { x, weight, bias } = groupNormInputs(example);
      expect(groupNormError(groupNormOnHost(x, weight, bias, example, example), example)).toBeLessThan(1e-6);
    },
  );
});
