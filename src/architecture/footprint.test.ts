import { describe, expect, it } from 'vitest';
import { footprint, scratchBytes } from './footprint.ts';
import { ProgramBuilder } from './program.ts';
import { template } from './templates/template.ts';
import { linearLayer } from './templates/tokens.ts';

/** Two stages x → x·W → + x: what is alive, and when, can be said by hand. */
function twoStages() {
  const program = new ProgramBuilder();
  const x = program.input('x', [1, 6, 8]);
  const layer = linearLayer({ bias: false, residual: false });
  const wide = program.stage('first', (stage) =>
    stage.run('first', layer, { x, 'linear.weight': stage.weight('a', [32, 8], true) }, [1, 6, 32]),
  );
  const narrow = program.stage('second', (stage) => {
    const weight = stage.weight('b', [8, 32], true);
    const y = stage.run('second', layer, { x: wide, 'linear.weight': weight }, [1, 6, 8]);
    return stage.groupNorm('norm', y, { groups: 2, eps: 1e-5, silu: false });
  });
  return program.finish('test', { narrow });
}

describe('footprint', () => {
  const { stages, inputBytes, outputBytes, largestBytes } = footprint(twoStages());

  it('counts weights as they arrive and as they are used', () => {
    expect(stages.map(({ packedBytes }) => packedBytes)).toEqual([512, 512 + 2 * 16]);
    expect(stages.map(({ expandedBytes }) => expandedBytes)).toEqual([1024, 1024 + 2 * 32]);
  });

  it('counts an activation from the operation that makes it to the last that reads it', () => {
    const [input, wide, narrow] = [6 * 8 * 4, 6 * 32 * 4, 6 * 8 * 4];
    expect([inputBytes, outputBytes]).toEqual([input, narrow]);
    expect(stages.map(({ activationBytes }) => activationBytes)).toEqual([wide, wide + narrow]);
    expect(stages.map(({ carriedBytes }) => carriedBytes)).toEqual([wide, narrow]);
    expect(largestBytes).toBe(1024);
  });

  it('never needs more at one moment than the most of both, nor less than either', () => {
    for (const { activationBytes, scratchBytes: scratch, workBytes } of stages) {
      expect(workBytes).toBeLessThanOrEqual(activationBytes + scratch);
      expect(workBytes).toBeGreaterThanOrEqual(Math.max(activationBytes, scratch));
    }
  });

  it('refuses an operator whose result it cannot foresee', () => {
    const unknown = template('test unknown operator', (graph) => {
      graph.output(graph.node('Cos', [graph.input('x', ['N'])]), ['N']);
    });
    const program = new ProgramBuilder();
    const x = program.input('x', [4]);
    const y = program.stage('stage', (stage) => stage.run('stage', unknown, { x }, [4]));
    const [operation] = program.finish('test', { y }).stages[0]?.operations ?? [];
    expect(() => operation && scratchBytes(operation)).toThrow(/Cos/);
  });
});
