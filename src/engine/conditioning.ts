/**
 * @file What the UNet is told besides the latents: both encoders' text states, the pooled text, and the picture's
 * size, as diffusers' StableDiffusionXLPipeline.encode_prompt and _get_add_time_ids make them. A text of several windows
 * and the weights of its words are taken as AUTOMATIC1111's web UI takes them; see docs/prompts.md.
 */
import { buildClip, embeddingTables, poolingPosition } from '../architecture/clip.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { evaluateAndRead, type EvaluateOptions } from './evaluate.ts';
import type { Model, TextEncoder } from './model.ts';
import type { Prompts, WeightedWindow } from './read-prompts.ts';

/** One text as the UNet takes it, float32. */
export interface TextConditioning {
  /** [tokens, width of both encoders]. */
  readonly context: Float32Array;
  /** [projection width]. */
  readonly pooled: Float32Array;
}

export interface EncodeOptions extends EvaluateOptions {
  /** How many more layers are left out for the prompt, not for the negative one; diffusers' `clip_skip`. Absent: 0. */
  readonly clipSkip?: number;
}

/** Encodes texts with both encoders; all windows of all texts share every stage that is loaded. */
export async function encodeTexts(
  backend: Backend,
  model: Model,
  { texts, windows }: Prompts,
  options: EncodeOptions,
): Promise<TextConditioning[]> {
  const encoded: EncoderStates[][] = [];
  for (const [i, encoder] of model.encoders.entries())
    encoded.push(await encodeTokens(backend, encoder, windows[i] ?? [], options));
  return texts.map(({ which, byEncoder }) => {
    const kind = which === 'prompt' ? 'skipped' : 'penultimate';
    const [narrow = [], wide = []] = byEncoder.map((list, i) =>
      list.map((one) => weightedStates(encoded[i]?.[one.window]?.[kind] ?? NOTHING, one)),
    );
    const rows = model.encoders[0].tokenizer.maxLength;
    // As the web UI has it, emphasis does not reach the pooled text, and nothing but the first window does.
    const pooled = encoded[1]?.[byEncoder[1]?.[0]?.window ?? 0]?.pooled ?? NOTHING;
    return { context: joined(narrow.map((states, i) => joinRows(states, wide[i] ?? NOTHING, rows))), pooled };
  });
}

/**
 * States [tokens, width] with every token's multiplied by its weight, and then all of them so that their mean is what it
 * was: the web UI's emphasis "Original", for one encoder and window.
 */
function weightedStates(states: Float32Array, { weights }: WeightedWindow): Float32Array {
  if (!weights) return states;
  const width = states.length / weights.length;
  const weighted = states.map((value, i) => value * (weights[Math.floor(i / width)] ?? 1));
  const ratio = sum(states) / sum(weighted);
  // Where nothing is left to restore it from, the mean stays what it has become.
  return Number.isFinite(ratio) ? weighted.map((value) => value * ratio) : weighted;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** What an absent negative prompt means to most SDXL models. */
export function zeroText(like: TextConditioning): TextConditioning {
  return { context: new Float32Array(like.context.length), pooled: new Float32Array(like.pooled.length) };
}

/**
 * The `added` input of the UNet: pooled text and the sinusoids of original size, crop and target size, each
 * (height, width) or (top, left) (Podell et al. 2023, §2.2).
 */
export function addedConditioning(
  model: Model,
  pooled: Float32Array,
  size: { width: number; height: number },
): Float32Array {
  const { timeIdSize, addedSize, flipSinToCos, freqShift } = model.unet;
  const { width, height } = size;
  const added = new Float32Array(addedSize);
  added.set(pooled);
  [height, width, 0, 0, height, width].forEach((id, i) => {
    added.set(timestepEmbedding(id, timeIdSize, { flipSinToCos, freqShift }), pooled.length + i * timeIdSize);
  });
  return added;
}

/** What one encoder makes of a text. */
interface EncoderStates {
  /** [tokens, width], before its last layer. */
  readonly penultimate: Float32Array;
  /** `clipSkip` layers before that. */
  readonly skipped: Float32Array;
  /** Empty if it has none. */
  readonly pooled: Float32Array;
}

const NOTHING = new Float32Array();

/** The states of one encoder for each list of token ids, all of the same length. */
export async function encodeTokens(
  backend: Backend,
  encoder: TextEncoder,
  texts: readonly Int32Array[],
  { clipSkip = 0, ...options }: EncodeOptions,
): Promise<EncoderStates[]> {
  const { config, stream, component } = encoder;
  const tokens = texts[0]?.length ?? 0;
  const embeddings = await embedTokens(encoder, texts, options.signal);
  const jobs = texts.map((): Record<string, Tensor> => ({}));
  try {
    for (const [i, inputs] of jobs.entries()) {
      const [ids = new Int32Array(), values = NOTHING] = [texts[i], embeddings[i]];
      inputs['embeddings'] = await backend.upload(values, [1, tokens, config.hiddenSize]);
      if (config.projectionSize !== undefined)
        inputs['position'] = await backend.upload(Int32Array.of(poolingPosition(config, ids)), [1]);
    }
    const program = buildClip(config, component, tokens, clipSkip);
    const names = Object.keys(program.outputs);
    const states = await evaluateAndRead(backend, program, stream, jobs, names, options);
    return states.map((read, i) => {
      // What no layer has computed are the embeddings themselves.
      const { penultimate = embeddings[i] ?? NOTHING, pooled = NOTHING } = read;
      const skipped = clipSkip === 0 ? penultimate : (read['skipped'] ?? embeddings[i] ?? NOTHING);
      return { penultimate, skipped, pooled };
    });
  } finally {
    for (const tensor of jobs.flatMap((inputs) => Object.values(inputs))) backend.free(tensor);
  }
}

/** Token rows plus position rows of each text, [tokens, width]. The tables are too large to send whole, so rows are picked here. */
async function embedTokens(
  { config, stream }: TextEncoder,
  texts: readonly Int32Array[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const { tokens, positions } = embeddingTables(config);
  const size = config.hiddenSize;
  const [tokenTable, positionTable] = [
    await stream.table(tokens, signal),
    await stream.table(positions, signal),
  ];
  return texts.map((ids) => {
    const rows = new Float32Array(ids.length * size);
    ids.forEach((id, i) => {
      const token = f32FromBf16(tokenTable.subarray(id * size, (id + 1) * size));
      const position = f32FromBf16(positionTable.subarray(i * size, (i + 1) * size));
      for (let j = 0; j < size; j++) rows[i * size + j] = (token[j] ?? 0) + (position[j] ?? 0);
    });
    return rows;
  });
}

function joinRows(a: Float32Array, b: Float32Array, rows: number): Float32Array {
  const [widthA, widthB] = [a.length / rows, b.length / rows];
  const joined = new Float32Array(a.length + b.length);
  for (let row = 0; row < rows; row++) {
    joined.set(a.subarray(row * widthA, (row + 1) * widthA), row * (widthA + widthB));
    joined.set(b.subarray(row * widthB, (row + 1) * widthB), row * (widthA + widthB) + widthA);
  }
  return joined;
}
