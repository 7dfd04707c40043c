/**
 * @file CLIP text encoders as programs: token rows come in already summed with their positions (the table is
 * read row by row on the CPU), the penultimate layer's states go out, and for the projecting encoder the
 * pooled embedding too. Follows transformers' CLIPTextModel and CLIPTextModelWithProjection.
 */
import type { Config } from './config.ts';
import { linearWeights, normWeights } from './layers.ts';
import { ProgramBuilder, type Activation, type Program, type WeightSpec } from './program.ts';
import type { ActivationName } from './templates/template.ts';
import { clipLayer, clipPool } from './templates/tokens.ts';

export interface ClipConfig {
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: ActivationName;
  readonly eps: number;
  readonly vocabularySize: number;
  readonly positions: number;
  readonly endOfText: number;
  /** Width of the pooled embedding, for encoders that project one. */
  readonly projectionSize: number | undefined;
}

/** Value of `eos_token_id` in old configs, meaning "the highest id" (transformers PR 24773). */
const LEGACY_END_OF_TEXT = 2;

/** Reads `text_encoder/config.json`; `projected` for the encoder whose pooled output conditions the UNet. */
export function parseClipConfig(config: Config, projected: boolean): ClipConfig {
  config.only('model_type', ['clip_text_model']);
  const activation = config.string('hidden_act', 'quick_gelu');
  if (activation !== 'gelu' && activation !== 'quick_gelu')
    config.refuse('hidden_act', '"quick_gelu" or "gelu"');
  const hiddenSize = config.integer('hidden_size', 512);
  const heads = config.integer('num_attention_heads', 8);
  if (heads === 0 || hiddenSize % heads !== 0) {
    config.contradiction(`num_attention_heads ${heads} does not divide hidden_size ${hiddenSize}`);
  }
  const layers = config.layers('num_hidden_layers', config.integer('num_hidden_layers', 12));
  if (layers === 0) config.refuse('num_hidden_layers', 'at least 1');
  return {
    hiddenSize,
    innerSize: config.integer('intermediate_size', 2048),
    layers,
    heads,
    activation,
    eps: config.positive('layer_norm_eps', 1e-5),
    vocabularySize: config.integer('vocab_size', 49408),
    positions: config.integer('max_position_embeddings', 77),
    endOfText: config.integer('eos_token_id', 49407),
    projectionSize: projected ? config.integer('projection_dim', 512) : undefined,
  };
}

/** Where the pooled embedding is read: the first end-of-text token, or in legacy configs the highest id. */
export function poolingPosition(config: ClipConfig, ids: Int32Array): number {
  const wanted =
    config.endOfText === LEGACY_END_OF_TEXT ? ids.reduce((a, b) => Math.max(a, b), 0) : config.endOfText;
  return Math.max(0, ids.indexOf(wanted));
}

/** Names of the two embedding tables, whose rows are looked up outside the program. */
export function embeddingTables(config: ClipConfig): { tokens: WeightSpec; positions: WeightSpec } {
  const table = (name: string, rows: number): WeightSpec => ({
    name: `text_model.embeddings.${name}.weight`,
    shape: [rows, config.hiddenSize],
    transposed: false,
  });
  return {
    tokens: table('token_embedding', config.vocabularySize),
    positions: table('position_embedding', config.positions),
  };
}

/**
 * Inputs: `embeddings` [1, S, C]; `position` int32 [1] when projecting. Outputs: `penultimate` [1, S, C],
 * before the last layer and without the final norm; `skipped`, the same `clipSkip` layers earlier, when there are any;
 * `pooled` [1, 1, P] when projecting. States before the first layer are the embeddings, and no output.
 * @param clipSkip 0 … `config.layers` − 1; diffusers' `clip_skip`
 */
export function buildClip(config: ClipConfig, component: string, tokens: number, clipSkip = 0): Program {
  const program = new ProgramBuilder();
  const size = config.hiddenSize;
  let x = program.input('embeddings', [1, tokens, size]);
  const layer = clipLayer(config.heads, config.activation, config.eps);
  /** By layer, what it starts from. */
  const states: Activation[] = [];
  const runLayer = (i: number): void => {
    const name = `text_model.encoder.layers.${i}`;
    states.push(x);
    x = program.stage(name, (stage) => {
      const prefix = `${name}.`;
      const square = (module: string): Record<string, WeightSpec> =>
        linearWeights(stage, prefix + module, module, size, size);
      const weights = {
        ...normWeights(stage, prefix, 'layer_norm1', size),
        ...square('self_attn.q_proj'),
        ...square('self_attn.k_proj'),
        ...square('self_attn.v_proj'),
        ...square('self_attn.out_proj'),
        ...normWeights(stage, prefix, 'layer_norm2', size),
        ...linearWeights(stage, `${prefix}mlp.fc1`, 'mlp.fc1', size, config.innerSize),
        ...linearWeights(stage, `${prefix}mlp.fc2`, 'mlp.fc2', config.innerSize, size),
      };
      return stage.run(name, layer, { x, ...weights }, x.shape);
    });
  };
  for (let i = 0; i < config.layers - 1; i++) runLayer(i);
  const last = config.layers - 1;
  const outputs = {
    ...(last > 0 && { penultimate: x }),
    ...(clipSkip > 0 && last > clipSkip && { skipped: states[last - clipSkip] as Activation }),
  };
  if (config.projectionSize === undefined) return program.finish(component, outputs);

  const projectionSize = config.projectionSize;
  const position = program.input('position', [1]);
  runLayer(config.layers - 1);
  const pooled = program.stage('text_projection', (stage) => {
    const weights = {
      ...normWeights(stage, 'text_model.', 'final_layer_norm', size),
      ...linearWeights(stage, 'text_projection', 'text_projection', size, projectionSize, false),
    };
    return stage.run('text_projection', clipPool(config.eps), { x, position, ...weights }, [
      1,
      1,
      projectionSize,
    ]);
  });
  return program.finish(component, { ...outputs, pooled });
}
