/**
 * @file A checkpoint opened: its configs read and checked against each other, its tokenizers parsed, its weight
 * files' headers read. Weights themselves are read later, stage by stage.
 */
import { embeddingTables, buildClip, parseClipConfig, type ClipConfig } from '../architecture/clip.ts';
import { Config } from '../architecture/config.ts';
import { programWeights } from '../architecture/program.ts';
import { buildUnet } from '../architecture/unet.ts';
import { buildTinyVaeDecoder, parseTinyVaeConfig, type TinyVaeConfig } from '../architecture/tiny-vae.ts';
import { parseUnetConfig, type UnetConfig } from '../architecture/unet-config.ts';
import { buildVaeDecoder, parseVaeConfig, type VaeConfig } from '../architecture/vae.ts';
import { AppError } from '../error.ts';
import { parseSchedulerConfig, type SchedulerConfig } from '../latents/scheduler-config.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { parseTokenizer, type ClipTokenizer } from '../tokens/clip-tokenizer.ts';
import { requireWeights, type Checkpoint } from '../weights/checkpoint.ts';
import { MANIFEST_FILE, parseManifest, type Manifest } from './manifest.ts';

/** One of the two text encoders with its tokenizer. */
export interface TextEncoder {
  readonly component: string;
  readonly config: ClipConfig;
  readonly tokenizer: ClipTokenizer;
  readonly stream: WeightStream;
}

/** The tiny autoencoder, of which only the decoder is used. */
interface TinyVae {
  readonly config: TinyVaeConfig;
  readonly stream: WeightStream;
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly hash: string | undefined;
  readonly manifest: Manifest;
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  readonly encoders: readonly [TextEncoder, TextEncoder];
  readonly scheduler: SchedulerConfig;
  /** Whether an absent negative prompt means zeros rather than the empty text. */
  readonly zerosForAbsentNegative: boolean;
  readonly streams: { readonly unet: WeightStream; readonly vae: WeightStream };
  /** The quick decoder, where the model has one. */
  readonly tinyVae: TinyVae | undefined;
  /** What the checkpoint left open, see {@link Checkpoint}. */
  readonly assumptions: readonly string[];
}

/** Every stream of a model's weights, in the order of use. */
export function modelStreams({ encoders, streams, tinyVae }: Model): WeightStream[] {
  return [
    ...encoders.map(({ stream }) => stream),
    streams.unet,
    streams.vae,
    ...(tinyVae ? [tinyVae.stream] : []),
  ];
}

const INDEX_FILE = 'model_index.json';

/** Opens a model. Throws `model/…` and `weights/…` errors; nothing is computed yet. */
export async function openModel(checkpoint: Checkpoint, signal?: AbortSignal): Promise<Model> {
  const files = new ModelFiles(checkpoint, signal);
  const index = await files.index();
  const pipeline = index.string('_class_name', 'StableDiffusionXLPipeline');
  if (!pipeline.startsWith('StableDiffusionXL')) index.refuse('_class_name', '"StableDiffusionXLPipeline"');
  const unet = parseUnetConfig(await files.config('unet/config.json'));
  const vae = parseVaeConfig(await files.config('vae/config.json'));
  const encoders = [await files.encoder('', false), await files.encoder('_2', true)] as const;
  const scheduler = parseSchedulerConfig(await files.json('scheduler/scheduler_config.json'));
  const manifest = parseManifest(await files.text(MANIFEST_FILE));
  checkConsistency(unet, vae, encoders, manifest);

  const unetWeights = await requireWeights(checkpoint, 'unet', signal);
  const streams = {
    unet: new WeightStream(unetWeights),
    vae: new WeightStream(await requireWeights(checkpoint, 'vae', signal)),
  };
  streams.unet.check(programWeights(buildUnet(unet, { batch: 1, height: 8, width: 8, tokens: 1 })));
  streams.vae.check(programWeights(buildVaeDecoder(vae, { height: 8, width: 8 })));
  return {
    id: checkpoint.id,
    name: manifest.name ?? checkpoint.id,
    hash: await unetWeights.hash(signal),
    manifest,
    unet,
    vae,
    encoders,
    scheduler,
    zerosForAbsentNegative: index.boolean('force_zeros_for_empty_prompt', true),
    streams,
    tinyVae: await files.tinyVae(vae),
    assumptions: checkpoint.assumptions,
  };
}

class ModelFiles {
  readonly #checkpoint: Checkpoint;
  readonly #signal: AbortSignal | undefined;

  constructor(checkpoint: Checkpoint, signal: AbortSignal | undefined) {
    this.#checkpoint = checkpoint;
    this.#signal = signal;
  }

  text(path: string): Promise<string | undefined> {
    return this.#checkpoint.text(path, this.#signal);
  }

  /** The file that makes a folder a model; an address without it is no model's. */
  async index(): Promise<Config> {
    const text = await this.text(INDEX_FILE);
    if (text !== undefined) return Config.parse(INDEX_FILE, text);
    const { label } = this.#checkpoint;
    if (!URL.canParse(label)) throw new AppError('model/config-missing', { file: INDEX_FILE });
    throw new AppError('weights/not-found', { file: label + INDEX_FILE, status: 404 });
  }

  async config(path: string): Promise<Config> {
    const text = await this.text(path);
    if (text === undefined) throw new AppError('model/config-missing', { file: path });
    return Config.parse(path, text);
  }

  async json(path: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.config(path)).fields;
  }

  async encoder(suffix: string, projected: boolean): Promise<TextEncoder> {
    const component = `text_encoder${suffix}`;
    const config = parseClipConfig(await this.config(`${component}/config.json`), projected);
    const tokenizer = await this.#tokenizer(`tokenizer${suffix}`, config.positions);
    const stream = new WeightStream(await requireWeights(this.#checkpoint, component, this.#signal));
    const tables = embeddingTables(config);
    if (tokenizer.idCount > config.vocabularySize) {
      const reason = `it has ids up to ${tokenizer.idCount - 1}, the text encoder's vocabulary ends at ${config.vocabularySize - 1}`;
      throw new AppError('model/tokenizer-invalid', { file: `tokenizer${suffix}`, reason });
    }
    stream.check([
      tables.tokens,
      tables.positions,
      ...programWeights(buildClip(config, component, tokenizer.maxLength)),
    ]);
    return { component, config, tokenizer, stream };
  }

  /** A model may come without; one that does not speak the latents of the VAE is an error. */
  async tinyVae(vae: VaeConfig): Promise<TinyVae | undefined> {
    const file = 'tiny_vae/config.json';
    const text = await this.text(file);
    if (text === undefined) return undefined;
    const config = parseTinyVaeConfig(Config.parse(file, text));
    const ours = [config.latentChannels, config.enlarge ** (config.blocks.length - 1)];
    if (ours.join() !== [vae.latentChannels, vae.factor].join()) {
      const reason = `it has ${ours.join(' latent channels of ')} pixels, the VAE ${vae.latentChannels} of ${vae.factor}`;
      throw new AppError('model/config-invalid', { file, reason });
    }
    const stream = new WeightStream(await requireWeights(this.#checkpoint, 'tiny_vae', this.#signal));
    stream.check(programWeights(buildTinyVaeDecoder(config, { height: 8, width: 8 })));
    return { config, stream };
  }

  async #tokenizer(folder: string, positions: number): Promise<ClipTokenizer> {
    const names = {
      vocab: 'vocab.json',
      merges: 'merges.txt',
      tokenizerJson: 'tokenizer.json',
      specialTokensMap: 'special_tokens_map.json',
      tokenizerConfig: 'tokenizer_config.json',
    };
    const entries = await Promise.all(
      Object.entries(names).map(async ([key, name]) => [key, await this.text(`${folder}/${name}`)] as const),
    );
    return parseTokenizer(
      Object.fromEntries(entries.filter(([, text]) => text !== undefined)),
      folder,
      positions,
    );
  }
}

/** Sizes that must agree between components; the UNet is what the others are measured by. */
function checkConsistency(
  unet: UnetConfig,
  vae: VaeConfig,
  [first, second]: Model['encoders'],
  manifest: Manifest,
): void {
  const mismatch = (field: string, value: number, reason: string): never => {
    throw new AppError('model/unsupported', {
      file: 'unet/config.json',
      field,
      value: String(value),
      supported: reason,
    });
  };
  if (unet.latentChannels !== vae.latentChannels) {
    mismatch('in_channels', unet.latentChannels, `${vae.latentChannels}, the latent channels of the VAE`);
  }
  const contextSize = first.config.hiddenSize + second.config.hiddenSize;
  if (unet.contextSize !== contextSize) {
    mismatch(
      'cross_attention_dim',
      unet.contextSize,
      `${contextSize}, the width of both text encoders together`,
    );
  }
  const added = (second.config.projectionSize ?? 0) + 6 * unet.timeIdSize;
  if (unet.addedSize !== added) {
    mismatch(
      'projection_class_embeddings_input_dim',
      unet.addedSize,
      `${added}, pooled text and six size embeddings`,
    );
  }
  if (first.tokenizer.maxLength !== second.tokenizer.maxLength) {
    throw new AppError('model/config-invalid', {
      file: 'tokenizer_2/tokenizer_config.json',
      reason: `the two text encoders read ${first.tokenizer.maxLength} and ${second.tokenizer.maxLength} tokens`,
    });
  }
  if (first.tokenizer.capacity < 1) {
    throw new AppError('model/config-invalid', {
      file: 'tokenizer/tokenizer_config.json',
      reason: `the text encoders read ${first.tokenizer.maxLength} tokens, of which the markers leave none to a prompt`,
    });
  }
  if (manifest.preview && manifest.preview.factors.length !== unet.latentChannels) {
    throw new AppError('model/config-invalid', {
      file: MANIFEST_FILE,
      reason: `"preview" has ${manifest.preview.factors.length} rows for ${unet.latentChannels} latent channels`,
    });
  }
}
