import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildClip, parseClipConfig } from './clip.ts';
import { asTokens } from './layers.ts';
import {
  hoist,
  ProgramBuilder,
  programWeights,
  reshaped,
  type Activation,
  type Operation,
  type Program,
} from './program.ts';
import { template } from './templates/template.ts';
import { changed, SDXL } from './test-configs.ts';
import { buildTinyVaeDecoder, parseTinyVaeConfig } from './tiny-vae.ts';
import { buildUnet, resampleIndices } from './unet.ts';
import { parseUnetConfig } from './unet-config.ts';
import { buildVaeDecoder, buildVaeEncoder, parseVaeConfig } from './vae.ts';

/** A template of two inputs; programs only carry it. */
const add = template('program test', (graph) => {
  graph.output(graph.node('Add', [graph.input('a', ['N']), graph.input('b', ['N'])]), ['N']);
});

function reads(operation: Operation): Activation[] {
  if (operation.kind === 'group-norm') return [operation.input];
  return Object.values(operation.inputs).flatMap((operand) =>
    operand.kind === 'activation' ? [operand.activation] : [],
  );
}

/**
 * Follows a program as the engine does: nothing is read that is not there, nothing is freed twice, inputs and
 * outputs stay, and in the end only the outputs are left.
 */
function follow(program: Program): void {
  const inputs = new Set(Object.values(program.inputs).map(({ id }) => id));
  const outputs = new Set(Object.values(program.outputs).map(({ id }) => id));
  const live = new Set<number>();
  const freed = new Set<number>();
  for (const operation of program.stages.flatMap((stage) => stage.operations)) {
    for (const { id } of reads(operation)) expect(live.has(id) || inputs.has(id), operation.name).toBe(true);
    expect(live.has(operation.output.id) || freed.has(operation.output.id)).toBe(false);
    live.add(operation.output.id);
    for (const { id } of operation.lastUses) {
      expect(inputs.has(id) || outputs.has(id)).toBe(false);
      expect(live.delete(id), operation.name).toBe(true);
      freed.add(id);
    }
  }
  expect([...live].sort()).toEqual([...outputs].filter((id) => !inputs.has(id)).sort());
}

const EVEN = { height: 16, width: 16 };
const clip = (projected: boolean): Program =>
  buildClip(parseClipConfig(changed(SDXL.textEncoder2, {}), projected), 'text_encoder_2', 77);
const unet = (height: number, width: number): Program =>
  buildUnet(parseUnetConfig(changed(SDXL.unet, {})), { batch: 2, height, width, tokens: 77 });

const PROGRAMS: readonly (readonly [string, () => Program])[] = [
  ['UNet', () => unet(16, 16)],
  ['UNet of a size that is not halved evenly', () => unet(15, 22)],
  ['VAE decoder', () => buildVaeDecoder(parseVaeConfig(changed(SDXL.vae, {})), EVEN)],
  ['VAE encoder', () => buildVaeEncoder(parseVaeConfig(changed(SDXL.vae, {})), { height: 128, width: 64 })],
  ['tiny VAE decoder', () => buildTinyVaeDecoder(parseTinyVaeConfig(changed(SDXL.tinyVae, {})), EVEN)],
  ['text encoder', () => clip(false)],
  ['projecting text encoder', () => clip(true)],
];

describe('lastUses', () => {
  it.each(PROGRAMS)('%s: every activation is freed once, after its last reader', (_name, build) => {
    follow(build());
  });

  it.each(PROGRAMS)('%s: nothing is freed before its last reader, and nothing later', (_name, build) => {
    const program = build();
    const kept = new Set(
      [...Object.values(program.inputs), ...Object.values(program.outputs)].map(({ id }) => id),
    );
    const lastReader = new Map<number, string>();
    const freedBy = new Map<number, string>();
    for (const operation of program.stages.flatMap((stage) => stage.operations)) {
      for (const { id } of [...reads(operation), operation.output])
        if (!kept.has(id)) lastReader.set(id, operation.name);
      for (const { id } of operation.lastUses) freedBy.set(id, operation.name);
    }
    expect(freedBy).toEqual(lastReader);
  });

  it('holds for any program', () => {
    const operation = fc.record({ a: fc.nat(), b: fc.nat(), stage: fc.boolean(), norm: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 25 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (steps, outputs) => {
          const builder = new ProgramBuilder();
          const known = [builder.input('x', [1, 1, 1, 4]), builder.input('y', [1, 1, 1, 4])];
          const pick = (n: number): Activation => known[n % known.length] as Activation;
          steps.forEach(({ a, b, norm }, i) => {
            builder.stage(`stage ${i}`, (stage) => {
              const options = { groups: 2, eps: 1, silu: false };
              const result = norm
                ? stage.groupNorm(`norm ${i}`, pick(a), options)
                : stage.run(`add ${i}`, add, { a: pick(a), b: reshaped(pick(b), [4]) }, [1, 1, 1, 4]);
              known.push(result);
              return result;
            });
          });
          follow(builder.finish('test', Object.fromEntries(outputs.map((n, i) => [`output ${i}`, pick(n)]))));
        },
      ),
    );
  });
});

/** What each output of a program is, as a term over its inputs. */
function terms(program: Program, inputs: Readonly<Record<string, string>>): Record<string, string> {
  const known = new Map(Object.entries(program.inputs).map(([name, { id }]) => [id, inputs[name] ?? name]));
  const of = ({ id }: Activation): string => known.get(id) ?? 'nothing';
  for (const operation of program.stages.flatMap(({ operations }) => operations))
    known.set(operation.output.id, `${operation.name}(${reads(operation).map(of).join(' ')})`);
  return Object.fromEntries(Object.entries(program.outputs).map(([name, output]) => [name, of(output)]));
}

describe('hoist', () => {
  const split = (program: Program, known: readonly string[]): { first: Program; rest: Program } => {
    const { first, rest } = hoist(program, known);
    follow(first);
    follow(rest);
    const names = (part: Program): string[] => part.stages.map(({ name }) => name);
    expect([...names(first), ...names(rest)].sort()).toEqual(names(program).sort());
    expect(Object.keys(first.inputs).every((name) => known.includes(name))).toBe(true);
    return { first, rest };
  };

  it('takes what depends on the text, and on the time, out of the steps of a UNet', () => {
    const whole = unet(16, 16);
    const { first: time, rest } = split(whole, ['timestep', 'added']);
    const { first: text, rest: step } = split(rest, ['context']);
    expect(time.stages.map(({ name }) => name)).toEqual([
      'time_embedding',
      'add_embedding',
      ...whole.stages.map(({ name }) => name).filter((name) => name.endsWith('.time_emb_proj')),
    ]);
    expect(text.stages).toHaveLength(70);
    expect(text.stages.every(({ name }) => name.endsWith('.attn2.to_kv'))).toBe(true);
    expect(Object.keys(text.inputs)).toEqual(['context']);
    expect(Object.keys(text.outputs)).toHaveLength(140);
    expect(Object.keys(time.outputs)).toHaveLength(17);
    expect(Object.keys(step.inputs).sort()).toEqual(
      ['sample', ...Object.keys(text.outputs), ...Object.keys(time.outputs)].sort(),
    );
    const names = (part: Program): string[] => programWeights(part).map(({ name }) => name);
    expect(names(text).every((name) => /attn2\.to_[kv]\.weight$/.test(name))).toBe(true);
    expect(names(step).some((name) => /attn2\.to_[kv]|time_emb|add_emb/.test(name))).toBe(false);
  });

  it('computes the same, whatever the program and what is known of it', () => {
    const operation = fc.record({ a: fc.nat(), b: fc.nat(), long: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 20 }),
        fc.subarray(['x', 'y', 'z']),
        fc.nat(),
        (steps, known, last) => {
          const builder = new ProgramBuilder();
          const made = ['x', 'y', 'z'].map((name) => builder.input(name, [4]));
          const pick = (n: number): Activation => made[n % made.length] as Activation;
          steps.forEach(({ a, b, long }, i) => {
            const result = builder.stage(`stage ${i}`, (stage) => {
              const sum = stage.run(`sum ${i}`, add, { a: pick(a), b: pick(b) }, [4]);
              return long ? stage.run(`more ${i}`, add, { a: sum, b: pick(a) }, [4]) : sum;
            });
            made.push(result);
          });
          const program = builder.finish('test', { result: made.at(-1) as Activation, other: pick(last) });
          const { first, rest } = split(program, known);
          expect(terms(rest, terms(first, {}))).toEqual(terms(program, {}));
        },
      ),
    );
  });
});

describe('a stage', () => {
  it.each(PROGRAMS)('%s: lists exactly the weights its operations read', (_name, build) => {
    for (const { weights, operations } of build().stages) {
      const used = operations.flatMap((operation) =>
        operation.kind === 'group-norm'
          ? [operation.weight, operation.bias]
          : Object.values(operation.inputs).flatMap((operand) =>
              operand.kind === 'weight' ? [operand.weight] : [],
            ),
      );
      expect(new Set(weights)).toEqual(new Set(used));
    }
  });

  it.each(PROGRAMS)('%s: feeds every template exactly the inputs it declares', (_name, build) => {
    for (const { operations } of build().stages) {
      for (const operation of operations) {
        if (operation.kind !== 'template') continue;
        expect(Object.keys(operation.inputs).sort(), operation.name).toEqual(
          [...operation.template.inputs].sort(),
        );
      }
    }
  });

  it.each(PROGRAMS)('%s: asks for no tensor twice', (_name, build) => {
    const names = programWeights(build()).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('shapes', () => {
  const shapeOf = (program: Program, name: string): readonly number[] | undefined =>
    program.stages.flatMap(({ operations }) => operations).find((operation) => operation.name === name)
      ?.output.shape;

  it('halve on the way down, double on the way up and end as they began', () => {
    const program = unet(16, 24);
    expect(shapeOf(program, 'down_blocks.0.downsamplers.0.conv')).toEqual([2, 8, 12, 320]);
    expect(shapeOf(program, 'down_blocks.1.downsamplers.0.conv')).toEqual([2, 4, 6, 640]);
    expect(shapeOf(program, 'up_blocks.0.resnets.2.concatenate')).toEqual([2, 4, 6, 1920]);
    expect(shapeOf(program, 'up_blocks.1.upsamplers.0.conv')).toEqual([2, 16, 24, 640]);
    expect(program.outputs['prediction']?.shape).toEqual([2, 16, 24, 4]);
    expect(resampleIndices(program)).toEqual({});
  });

  it('meet the skip connections where a size is not halved evenly', () => {
    const program = unet(15, 22);
    expect(shapeOf(program, 'down_blocks.1.downsamplers.0.conv')).toEqual([2, 4, 6, 640]);
    expect(shapeOf(program, 'up_blocks.0.upsamplers.0.conv')).toEqual([2, 8, 11, 1280]);
    expect(program.outputs['prediction']?.shape).toEqual([2, 15, 22, 4]);
    // torch.nn.functional.interpolate(mode="nearest"): source index ⌊i · in/out⌋.
    expect(resampleIndices(program)).toEqual({
      'rows.up_blocks.0.upsamplers.0': Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3),
      'columns.up_blocks.0.upsamplers.0': Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5),
      'rows.up_blocks.1.upsamplers.0': Int32Array.from({ length: 15 }, (_, i) => Math.floor((i * 8) / 15)),
      'columns.up_blocks.1.upsamplers.0': Int32Array.from({ length: 22 }, (_, i) => Math.floor(i / 2)),
    });
  });

  it('follow the VAE from latents to pixels and back', () => {
    const vae = parseVaeConfig(changed(SDXL.vae, {}));
    expect(buildVaeDecoder(vae, { height: 5, width: 9 }).outputs['image']?.shape).toEqual([1, 40, 72, 3]);
    expect(buildVaeEncoder(vae, { height: 40, width: 72 }).outputs['moments']?.shape).toEqual([1, 5, 9, 8]);
    const tiny = buildTinyVaeDecoder(parseTinyVaeConfig(changed(SDXL.tinyVae, {})), { height: 5, width: 9 });
    expect(tiny.outputs['image']?.shape).toEqual([1, 40, 72, 3]);
  });

  it('take an image as a row of tokens', () => {
    const image = { id: 3, shape: [2, 5, 7, 11] };
    expect(asTokens(image)).toEqual({ id: 3, shape: [2, 35, 11] });
    expect(asTokens(asTokens(image))).toEqual({ id: 3, shape: [2, 35, 11] });
  });
});
