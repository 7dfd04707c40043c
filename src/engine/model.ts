/**
 * @file A model folder opened: its configs read and checked against each other, its tokenizers parsed, its weight
 * files' headers read. Weights themselves are read later, stage by stage.
 */
import { embeddingTables, buildClip, parseClipConfig, type ClipConfig } from '../architecture/clip.ts';
import { Config } from '../architecture/config.ts';
import { programWeights } from '../architecture/program.ts';
import { buildUnet } from '../architecture/unet.ts';
import { parseUnetConfig, type UnetConfig } from '../architecture/unet-config.ts';
import { buildVaeDecoder, parseVaeConfig, type VaeConfig } from '../architecture/vae.ts';
import { AppError } from '../error.ts';
import { parseSchedulerConfig, type SchedulerConfig } from '../latents/scheduler-config.ts';
import { WeightStream } from '../stream/weight-stream.ts';
import { parseTokenizer, type ClipTokenizer } from '../tokens/clip-tokenizer.ts';
import { modelHash } from '../weights/model-hash.ts';
import type { ModelSource } from '../weights/source.ts';
import { openWeights } from '../weights/weight-set.ts';
import { MANIFEST_FILE, parseManifest, type Manifest } from './manifest.ts';

/** One of the two text encoders with its tokenizer. */
export interface TextEncoder {
  readonly component: string;
  readonly config: ClipConfig;
  readonly tokenizer: ClipTokenizer;
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
}

const INDEX_FILE = 'model_index.json';

/** Opens a model. Throws `model/…` and `weights/…` errors; nothing is computed yet. */
export async function openModel(source: ModelSource, signal?: AbortSignal): Promise<Model> {
  const files = new ModelFiles(source, signal);
  const index = await files.index();
  const pipeline = index.string('_class_name', 'StableDiffusionXLPipeline');
  if (!pipeline.startsWith('StableDiffusionXL')) index.refuse('_class_name', '"StableDiffusionXLPipeline"');
  const unet = parseUnetConfig(await files.config('unet/config.json'));
  const vae = parseVaeConfig(await files.config('vae/config.json'));
  const encoders = [await files.encoder('', false), await files.encoder('_2', true)] as const;
  const scheduler = parseSchedulerConfig(await files.json('scheduler/scheduler_config.json'));
  const manifest = parseManifest(await files.text(MANIFEST_FILE));
  checkConsistency(unet, vae, encoders, manifest);

  const unetWeights = await openWeights(source, 'unet', signal);
  const streams = {
    unet: new WeightStream(unetWeights),
    vae: new WeightStream(await openWeights(source, 'vae', signal)),
  };
  streams.unet.check(programWeights(buildUnet(unet, { batch: 1, height: 8, width: 8, tokens: 1 })));
  streams.vae.check(programWeights(buildVaeDecoder(vae, { height: 8, width: 8 })));
  const id = folderName(source.label);
  return {
    id,
    name: manifest.name ?? id,
    hash: await modelHash(unetWeights, signal),
    manifest,
    unet,
    vae,
    encoders,
    scheduler,
    zerosForAbsentNegative: index.boolean('force_zeros_for_empty_prompt', true),
    streams,
  };
}

class ModelFiles {
  readonly #source: ModelSource;
  readonly #signal: AbortSignal | undefined;

  constructor(source: ModelSource, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  async text(path: string): Promise<string | undefined> {
    const file = await this.#source.open(path, this.#signal);
    return file && new TextDecoder().decode(await file.read(0, file.size, this.#signal));
  }

  /** The file that makes a folder a model; an address without it is no model's. */
  async index(): Promise<Config> {
    const text = await this.text(INDEX_FILE);
    if (text !== undefined) return Config.parse(INDEX_FILE, text);
    const { label } = this.#source;
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
    const stream = new WeightStream(await openWeights(this.#source, component, this.#signal));
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
  if (manifest.preview && manifest.preview.factors.length !== unet.latentChannels) {
    throw new AppError('model/config-invalid', {
      file: MANIFEST_FILE,
      reason: `"preview" has ${manifest.preview.factors.length} rows for ${unet.latentChannels} latent channels`,
    });
  }
}

function folderName(label: string): string {
  const name = label.replace(/\/+$/, '').split('/').at(-1) ?? label;
  return URL.canParse(label) ? decodeURIComponent(name) : name;
}
