/**
 * @file The tensors of SDXL's text encoders under transformers' names and under OpenCLIP's, in which a single file
 * keeps the second encoder, and an encoder's structure read back from the names and shapes of a file.
 */
import { AppError } from '../../error.ts';
import { countUp, layer, norm, type MappedTensor, type NamedShape, type Shapes } from './tensor-names.ts';

/** What the tensors of a text encoder tell of it. */
export interface ClipStructure {
  readonly size: number;
  readonly innerSize: number;
  readonly layers: number;
  readonly vocabulary: number;
  readonly positions: number;
  /** Width of the pooled embedding, for encoders that project one. */
  readonly projection: number | undefined;
}

/** Where the tensors are that tell the structure. */
interface ClipNames {
  readonly tokens: string;
  readonly positions: string;
  readonly inner: (layer: number) => string;
  readonly projection: string;
  /** Which axis of the projection is the output. */
  readonly projectionAxis: 0 | 1;
}

export const TRANSFORMERS_CLIP: ClipNames = {
  tokens: 'text_model.embeddings.token_embedding.weight',
  positions: 'text_model.embeddings.position_embedding.weight',
  inner: (at) => `text_model.encoder.layers.${at}.mlp.fc1.weight`,
  projection: 'text_projection.weight',
  projectionAxis: 0,
};

export const OPEN_CLIP: ClipNames = {
  tokens: 'token_embedding.weight',
  positions: 'positional_embedding',
  inner: (at) => `transformer.resblocks.${at}.mlp.c_fc.weight`,
  projection: 'text_projection',
  projectionAxis: 1,
};

/** All tensors of an encoder under transformers' names. */
export function clipTensors({ size, innerSize, layers, ...rest }: ClipStructure): NamedShape[] {
  const blocks = Array.from({ length: layers }, (_, at) => {
    const block = `text_model.encoder.layers.${at}`;
    return [
      ...norm(`${block}.layer_norm1`, size),
      ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) =>
        layer(`${block}.self_attn.${part}`, size, size),
      ),
      ...norm(`${block}.layer_norm2`, size),
      ...layer(`${block}.mlp.fc1`, innerSize, size),
      ...layer(`${block}.mlp.fc2`, size, innerSize),
    ];
  });
  return [
    { name: TRANSFORMERS_CLIP.tokens, shape: [rest.vocabulary, size] },
    { name: TRANSFORMERS_CLIP.positions, shape: [rest.positions, size] },
    ...blocks.flat(),
    ...norm('text_model.final_layer_norm', size),
    ...(rest.projection === undefined ? [] : layer('text_projection', rest.projection, size, 0, false)),
  ];
}

/** Modules of OpenCLIP that hold what one of transformers holds, inside a layer. */
const OPEN_CLIP_MODULES = {
  layer_norm1: 'ln_1',
  'self_attn.out_proj': 'attn.out_proj',
  layer_norm2: 'ln_2',
  'mlp.fc1': 'mlp.c_fc',
  'mlp.fc2': 'mlp.c_proj',
} as const;

/** The same tensors as {@link clipTensors}, each with its place in an OpenCLIP checkpoint. */
export function openClipTensors(structure: ClipStructure): MappedTensor[] {
  const { size, layers } = structure;
  const sources = new Map<string, Omit<MappedTensor, 'name' | 'shape' | 'sourceShape'>>([
    [TRANSFORMERS_CLIP.tokens, { source: OPEN_CLIP.tokens }],
    [TRANSFORMERS_CLIP.positions, { source: OPEN_CLIP.positions }],
    [TRANSFORMERS_CLIP.projection, { source: OPEN_CLIP.projection, transposed: true }],
  ]);
  const same = (name: string, source: string): void => {
    for (const part of ['weight', 'bias']) sources.set(`${name}.${part}`, { source: `${source}.${part}` });
  };
  same('text_model.final_layer_norm', 'ln_final');
  for (let at = 0; at < layers; at++) {
    const block = `text_model.encoder.layers.${at}`;
    const source = `transformer.resblocks.${at}`;
    for (const [module, other] of Object.entries(OPEN_CLIP_MODULES)) {
      same(`${block}.${module}`, `${source}.${other}`);
    }
    ['q_proj', 'k_proj', 'v_proj'].forEach((module, third) => {
      for (const part of ['weight', 'bias']) {
        sources.set(`${block}.self_attn.${module}.${part}`, {
          source: `${source}.attn.in_proj_${part}`,
          firstRow: third * size,
        });
      }
    });
  }
  return clipTensors(structure).map((tensor) => {
    const place = sources.get(tensor.name) ?? { source: tensor.name };
    const { shape } = tensor;
    const sourceShape =
      place.transposed === true
        ? shape.toReversed()
        : place.firstRow === undefined
          ? shape
          : [3 * size, ...shape.slice(1)];
    return { ...tensor, ...place, sourceShape };
  });
}

/**
 * Reads the structure of a text encoder.
 * @param component what to call it in messages
 * @throws AppError `weights/tensor-missing`
 */
export function readClipStructure(shapes: Shapes, names: ClipNames, component: string): ClipStructure {
  const sizes = (name: string): readonly number[] => {
    const shape = shapes.shape(name);
    if (shape) return shape;
    throw new AppError('weights/tensor-missing', { tensor: name, component });
  };
  const [vocabulary = 0, size = 0] = sizes(names.tokens);
  return {
    size,
    innerSize: sizes(names.inner(0))[0] ?? 0,
    layers: countUp(shapes, names.inner),
    vocabulary,
    positions: sizes(names.positions)[0] ?? 0,
    projection: shapes.shape(names.projection)?.[names.projectionAxis],
  };
}
