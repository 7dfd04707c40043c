/**
 * @file What the UNet is told besides the latents: both encoders' text states, the pooled text, and the picture's
 * size, as diffusers' StableDiffusionXLPipeline.encode_prompt and _get_add_time_ids make them.
 */
import { buildClip, embeddingTables, poolingPosition } from '../architecture/clip.ts';
import { timestepEmbedding } from '../latents/timestep-embedding.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { f32FromBf16 } from '../weights/bf16.ts';
import { evaluateAndRead, type EvaluateOptions } from './evaluate.ts';
import type { Model, TextEncoder } from './model.ts';
import type { Notice } from './protocol/generate.ts';

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
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** A text to encode, and what it is called in notices. */
export interface NamedText {
  readonly which: 'prompt' | 'negative';
  readonly text: string;
}

/** Encodes texts with both encoders; they share every stage that is loaded. */
export async function encodeTexts(
  backend: Backend,
  model: Model,
  texts: readonly NamedText[],
  options: EncodeOptions,
): Promise<TextConditioning[]> {
  const [first, second] = model.encoders;
  const ids = texts.map(({ which, text }) => {
    const both = [first.tokenizer.encode(text), second.tokenizer.encode(text)] as const;
    const shortened = both.find(({ truncated }) => truncated);
    if (shortened)
      options.onNotice?.({ kind: 'prompt-cut', which, kept: shortened.kept, cut: shortened.cut });
    return both;
  });
  const a = await encodeTokens(
    backend,
    first,
    ids.map(([own]) => own.ids),
    options,
  );
  const b = await encodeTokens(
    backend,
    second,
    ids.map(([, own]) => own.ids),
    options,
  );
  return ids.map(([own], i) => {
    const [narrow, wide] = [a[i] ?? NO_STATES, b[i] ?? NO_STATES];
    const states = texts[i]?.which === 'prompt' ? 'skipped' : 'penultimate';
    return {
      context: joinRows(narrow[states], wide[states], own.ids.length),
      pooled: wide.pooled,
    };
  });
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
const NO_STATES: EncoderStates = { penultimate: NOTHING, skipped: NOTHING, pooled: NOTHING };

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
  const jobs = texts.map((ids, i): Record<string, Tensor> => ({
    embeddings: backend.upload(embeddings[i] ?? new Float32Array(), [1, tokens, config.hiddenSize]),
    ...(config.projectionSize !== undefined && {
      position: backend.upload(Int32Array.of(poolingPosition(config, ids)), [1]),
    }),
  }));
  try {
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
