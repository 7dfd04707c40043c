import { describe, expect, it } from 'vitest';
import { buildClip, parseClipConfig, poolingPosition } from './clip.ts';
import { changed, expectInvalid, expectUnsupported, SDXL, type Fields } from './test-configs.ts';

const parse = (change: Fields, projected = true) =>
  parseClipConfig(changed(SDXL.textEncoder2, change), projected);

describe('parseClipConfig', () => {
  it("reads the configs of SDXL's two encoders", () => {
    expect(parseClipConfig(changed(SDXL.textEncoder, {}), false)).toEqual({
      hiddenSize: 768,
      innerSize: 3072,
      layers: 12,
      heads: 12,
      activation: 'quick_gelu',
      eps: 1e-5,
      vocabularySize: 49408,
      positions: 77,
      endOfText: 2,
      projectionSize: undefined,
    });
    expect(parse({})).toEqual({
      hiddenSize: 1280,
      innerSize: 5120,
      layers: 32,
      heads: 20,
      activation: 'gelu',
      eps: 1e-5,
      vocabularySize: 49408,
      positions: 77,
      endOfText: 2,
      projectionSize: 1280,
    });
  });

  it("takes transformers' defaults of absent fields", () => {
    expect(parseClipConfig(changed({}, {}), true)).toEqual({
      hiddenSize: 512,
      innerSize: 2048,
      layers: 12,
      heads: 8,
      activation: 'quick_gelu',
      eps: 1e-5,
      vocabularySize: 49408,
      positions: 77,
      endOfText: 49407,
      projectionSize: 512,
    });
  });

  it.each([
    ['model_type', 't5'],
    ['model_type', 'clip'],
    ['hidden_act', 'gelu_new'],
    ['hidden_act', 'relu'],
    ['num_hidden_layers', 0],
    ['layer_norm_eps', 0],
  ])('refuses %s %j', (field, value) => {
    expectUnsupported(() => parse({ [field]: value }), field, value);
  });

  it.each([
    ['num_attention_heads', 0],
    ['num_attention_heads', 7],
    ['num_attention_heads', '20'],
    ['hidden_size', 1.5],
    ['hidden_act', 3],
    ['intermediate_size', [5120]],
    ['layer_norm_eps', '1e-5'],
    ['vocab_size', true],
    ['max_position_embeddings', -77],
    ['projection_dim', 'wide'],
    ['eos_token_id', 'end'],
  ])('calls %s %j invalid', (field, value) => {
    expectInvalid(() => parse({ [field]: value }), field);
  });
});

describe('poolingPosition', () => {
  // transformers' CLIPTextTransformer: argmax of the ids for the legacy value 2, else the first end-of-text id.
  it('finds the highest id in legacy configs', () => {
    const ids = Int32Array.of(49406, 320, 49407, 49407);
    expect(poolingPosition(parse({ eos_token_id: 2 }), ids)).toBe(2);
    expect(poolingPosition(parse({ eos_token_id: 2 }), Int32Array.of(5, 900, 3, 900))).toBe(1);
  });

  it('finds the first end of text in others', () => {
    expect(poolingPosition(parse({ eos_token_id: 7 }), Int32Array.of(1, 900, 7, 7))).toBe(2);
  });

  it('takes the first token where there is no end of text', () => {
    expect(poolingPosition(parse({ eos_token_id: 7 }), Int32Array.of(1, 900, 3))).toBe(0);
  });
});

describe('buildClip', () => {
  it('stops before the last layer where nothing is projected', () => {
    const program = buildClip(parseClipConfig(changed(SDXL.textEncoder, {}), false), 'text_encoder', 77);
    expect(program.stages).toHaveLength(11);
    expect(Object.keys(program.outputs)).toEqual(['penultimate']);
    expect(Object.keys(program.inputs)).toEqual(['embeddings']);
  });

  it('hands out the penultimate states and the projected pool', () => {
    const program = buildClip(parse({}), 'text_encoder_2', 77);
    expect(program.stages).toHaveLength(33);
    expect(program.outputs['penultimate']?.shape).toEqual([1, 77, 1280]);
    expect(program.outputs['pooled']?.shape).toEqual([1, 1, 1280]);
    const beforeLast = program.stages[30]?.operations.at(-1);
    expect(program.outputs['penultimate']?.id).toBe(beforeLast?.output.id);
  });
});
