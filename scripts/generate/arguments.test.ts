import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { parseArguments } from './arguments.ts';
import { HELP } from './help.ts';
import type { GenerateCommand } from './arguments.ts';

const HERE = path.resolve('/work here');

function parse(...argv: string[]): GenerateCommand {
  const command = parseArguments(argv, HERE);
  if (command.kind !== 'generate') throw new Error('expected a picture order');
  return command;
}

describe('parseArguments', () => {
  it('fills in the documented defaults', () => {
    const command = parse('a red apple', '--seed', '1');
    expect(command).toEqual({
      kind: 'generate',
      loras: [],
      request: {
        prompt: 'a red apple',
        seed: 1n,
        count: 1,
        guidance: 'auto',
        backend: 'auto',
        precision: 'f32',
      },
      images: ['emulsion-1.png'],
      dumps: [],
      folder: HERE,
      json: false,
    });
  });

  it('reads every flag', () => {
    const words =
      '--negative blurry --seed 18446744073709551614 --variation-seed 3 --variation-strength 0.1 --steps 30 --width 96 --height 64 --count 2 --model ../m ' +
      '--sampler tcd --eta 0.5 --guidance full --guidance-scale 2.25 --guidance-rescale 0.7 --clip-skip 0 --backend wasm --precision bf16 --vae tiled ' +
      '--gpu-budget 512 --ram-budget 64 --component vae=../v --component unet=https://host/u/?a=b ' +
      '--lora ../ink.safetensors:0.8 --lora https://host/clay.safetensors --lora-policy adapt ' +
      '--init-image ../apple.png --strength 0.5 --init-noise n.safetensors --dump d/x.safetensors --visible-mark zh-CN --out o/a.b.png --json --profile p';
    expect(parse('--prompt', '一只猫', ...words.split(' '))).toEqual({
      kind: 'generate',
      loras: [
        { place: '../ink.safetensors', weight: 0.8 },
        { place: 'https://host/clay.safetensors', weight: 1 },
      ],
      request: {
        prompt: '一只猫',
        negative: 'blurry',
        seed: 18446744073709551614n,
        variation: { seed: 3n, strength: 0.1 },
        steps: 30,
        width: 96,
        height: 64,
        count: 2,
        sampler: 'tcd',
        eta: 0.5,
        guidance: 'full',
        guidanceScale: 2.25,
        guidanceRescale: 0.7,
        clipSkip: 0,
        backend: 'wasm',
        precision: 'bf16',
        vae: 'tiled',
        gpuBudgetBytes: 512 * 1024 ** 2,
        ramBudgetBytes: 64 * 1024 ** 2,
        loraPolicy: 'adapt',
        visibleMark: 'zh-CN',
      },
      model: '../m',
      components: { vae: '../v', unet: 'https://host/u/?a=b' },
      initImage: { file: path.resolve(HERE, '../apple.png'), strength: 0.5 },
      initNoise: path.join(HERE, 'n.safetensors'),
      images: ['o/a.b-1.png', 'o/a.b-2.png'],
      dumps: ['d/x-1.safetensors', 'd/x-2.safetensors'],
      folder: HERE,
      json: true,
      profile: path.join(HERE, 'p'),
    });
  });

  it('takes a licence for accepted only where that is said', () => {
    expect(parse('x', '--accept-licence').acceptsLicence).toBe(true);
    expect(parse('x')).not.toHaveProperty('acceptsLicence');
  });

  it('keeps empty prompts, which are not absent ones', () => {
    expect(parse('').request.prompt).toBe('');
    expect(parse('x', '--negative', '').request.negative).toBe('');
    expect(parse('--prompt=', '--negative=').request).toMatchObject({ prompt: '', negative: '' });
    expect(parse('x').request).not.toHaveProperty('negative');
  });

  it('draws a seed where none is given and names the file after it', () => {
    const { request, images } = parse('x');
    expect(request.seed).toBeGreaterThanOrEqual(0n);
    expect(request.seed).toBeLessThan(2n ** 32n);
    expect(images).toEqual([`emulsion-${request.seed}.png`]);
  });

  it('takes what follows -- for the prompt', () => {
    expect(parse('--seed', '1', '--', '--json').request.prompt).toBe('--json');
  });

  it('says how to write a value that begins with a dash', () => {
    expect(() => parse('a', '--seed', '-1')).toThrow(
      /--seed is followed by a value with a dash; write --seed=VALUE/,
    );
    expect(() => parse('a', '--seed=-1')).toThrow(/--seed takes whole numbers from 0/);
  });

  it('draws what a seed is varied with where that is not given', () => {
    const { variation } = parse('x', '--variation-strength', '0.3').request;
    expect(variation?.strength).toBe(0.3);
    expect(variation?.seed).toBeLessThan(2n ** 32n);
  });

  it('writes PNG files under no other name', () => {
    expect(() => parse('a', '--out', 'fox.jpg')).toThrow(/--out takes the name of a .png file/);
    expect(parse('a', '--out', 'fox').images).toEqual(['fox']);
    expect(parse('a', '--out', 'FOX.PNG').images).toEqual(['FOX.PNG']);
  });

  it('refuses more pictures than a request may have, and one file for two things', () => {
    expect(() => parse('a', '--count', '5000000000')).toThrow(/--count takes at most 1000/);
    expect(() => parse('a', '--out', 'x.png', '--dump', './x.png')).toThrow(/name the same file/);
  });

  it('gives help whatever else is said, naming every flag', () => {
    expect(parseArguments(['a fox', '--help', '--steps', '3'], HERE)).toEqual({ kind: 'help' });
    for (const flag of [
      'prompt',
      'negative',
      'seed',
      'steps',
      'sampler',
      'eta',
      'init-noise',
      'dump',
      'probe',
      'profile',
      'gpu-budget',
      'ram-budget',
      'component',
      'visible-mark',
    ]) {
      expect(HELP).toContain(`--${flag}`);
    }
  });

  it('reads the device report', () => {
    expect(parseArguments(['--probe', '--json'], HERE)).toEqual({ kind: 'probe', json: true });
    expect(parseArguments(['--probe', '--profile', '/p'], HERE)).toEqual({
      kind: 'probe',
      json: false,
      profile: path.resolve('/p'),
    });
  });

  it.each<[string, string[], RegExp]>([
    ['no prompt', ['--seed', '1'], /prompt/],
    ['two prompts', ['a', 'b'], /more than one prompt/],
    ['a prompt twice', ['a', '--prompt', 'b'], /more than one prompt/],
    ['an unknown flag', ['a', '--stpes', '4'], /--stpes/],
    ['an unknown short flag', ['a', '-s'], /-s/],
    ['a missing value', ['a', '--seed'], /--seed/],
    ['a flag where a value should be', ['a', '--seed', '--json'], /--seed/],
    ['an empty value', ['a', '--out', ''], /--out needs a value/],
    ['an empty init noise', ['a', '--init-noise='], /--init-noise needs a value/],
    ['a value for a switch', ['a', '--json=yes'], /--json/],
    ['a flag twice', ['a', '--seed', '1', '--seed', '2'], /--seed is given twice/],
    ['seed below 0', ['a', '--seed=-1'], /--seed/],
    ['seed above 2^64−1', ['a', '--seed', '18446744073709551616'], /--seed/],
    ['last seed above 2^64−1', ['a', '--seed', '18446744073709551615', '--count', '2'], /--seed/],
    ['a variation without a strength', ['a', '--variation-seed', '1'], /--variation-seed goes with/],
    [
      'too much variation',
      ['a', '--variation-strength', '1.1'],
      /--variation-strength takes a number from 0/,
    ],
    [
      'a variation seed that is none',
      ['a', '--variation-strength', '0.1', '--variation-seed', 'x'],
      /--variation-seed takes whole numbers/,
    ],
    ['seed in hexadecimal', ['a', '--seed', '0x10'], /--seed/],
    ['no steps', ['a', '--steps', '0'], /--steps/],
    ['half a step', ['a', '--steps', '1.5'], /--steps/],
    ['a width in words', ['a', '--width', '64px'], /--width/],
    ['a huge count', ['a', '--count', '1e9'], /--count/],
    ['a malformed scale', ['a', '--guidance-scale', '1,5'], /--guidance-scale/],
    ['an endless scale', ['a', '--guidance-scale', 'Infinity'], /--guidance-scale/],
    ['an unknown backend', ['a', '--backend', 'cuda'], /--backend takes auto, webgpu, wasm; not "cuda"/],
    ['a probe with a prompt', ['a', '--probe'], /--probe/],
    ['a probe with a flag', ['--probe', '--seed', '1'], /--seed/],
    ['an unknown sampler', ['a', '--sampler', 'ddim'], /--sampler takes turbo, .*, lcm, tcd; not "ddim"/],
    ['a malformed eta', ['a', '--eta', '30%'], /--eta/],
    ['guidance self-negative', ['a', '--guidance', 'self-negative'], /--guidance/],
    [
      'a rescale above 1',
      ['a', '--guidance-rescale', '1.5'],
      /--guidance-rescale takes a number from 0 to 1/,
    ],
    ['a clip skip below 0', ['a', '--clip-skip=-1'], /--clip-skip takes a whole number, 0 or above/],
    ['half a clip skip', ['a', '--clip-skip', '0.5'], /--clip-skip/],
    ['an unknown precision', ['a', '--precision', 'fp16'], /--precision takes f32, bf16, f16; not "fp16"/],
    ['an unknown decoder', ['a', '--vae', 'slow'], /--vae takes full, tiled, tiny; not "slow"/],
    ['no GPU budget', ['a', '--gpu-budget', '0'], /--gpu-budget takes a whole number above 0/],
    ['a GPU budget with a unit', ['a', '--gpu-budget', '512MB'], /--gpu-budget/],
    ['part of a MB', ['a', '--ram-budget', '0.5'], /--ram-budget/],
    ['a budget in bytes', ['a', '--ram-budget', '8589934592'], /--ram-budget takes at most 16777216 MB/],
    ['a budget that is a number no more', ['a', '--gpu-budget', '9'.repeat(400)], /--gpu-budget/],
    [
      'an unknown component',
      ['a', '--component', 'decoder=x'],
      /--component takes NAME=PLACE .* not "decoder=x"/,
    ],
    ['a component twice', ['a', '--component', 'vae=x', '--component', 'vae=y'], /vae is given twice/],
    ['a component from nowhere', ['a', '--component', 'vae='], /--component vae= needs a place/],
    ['an empty component', ['a', '--component='], /--component needs a value/],
    ['a probe with a component', ['--probe', '--component', 'vae=x'], /no --component/],
    ['a LoRA that a tag names and no flag gives', ['a <lora:x:1>'], /the LoRA "x"/],
    ['a LoRA policy without a LoRA', ['a', '--lora-policy', 'strict'], /--lora-policy goes with --lora/],
    ['a LoRA policy that is none', ['a', '--lora', 'x', '--lora-policy', 'lenient'], /--lora-policy/],
    ['a strength without a picture', ['a', '--strength', '0.5'], /--strength goes with --init-image/],
    ['no strength', ['a', '--init-image', 'x.png', '--strength', '0'], /--strength takes a number above 0/],
    ['too much strength', ['a', '--init-image', 'x.png', '--strength', '1.1'], /--strength takes/],
  ])('refuses %s', (_, argv, message) => {
    let error: unknown;
    try {
      parseArguments(argv, HERE);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).message).not.toMatch(/\n/);
  });
});
