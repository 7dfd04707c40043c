/**
 * @file The LoRAs that an open model paints with: read and looked at once, then added to its weights in the proportions
 * that each request asks for.
 */
import { AppError } from '../../error.ts';
import { admit, openLora, type AdmissionContext } from '../../lora/admission.ts';
import { loraName } from '../../lora/lora-name.ts';
import { readFactors, type ModuleFactors } from '../../lora/module-factors.ts';
import { adapt } from '../../lora/repair.ts';
import { isRepairable } from '../../lora/repairable.ts';
import { stackLoras, type ComponentAdditions } from '../../lora/stack.ts';
import type { LoraRepair, LoraVerdict } from '../../lora/verdict.ts';
import { blobFile } from '../../weights/blob-file.ts';
import { hashBlob } from '../../weights/blob-hash.ts';
import type { Checkpoint } from '../../weights/checkpoint.ts';
import { readSafetensorsHeader } from '../../weights/safetensors.ts';
import type { RandomAccessFile } from '../../weights/source.ts';
import type { Model } from '../model.ts';
import type { GenerateRequest } from '../protocol/generate.ts';
import type { AppliedLora, LoraPolicy, LoraReference } from '../protocol/lora.ts';
import { loraComponents } from './lora-components.ts';
import { openLoraFiles } from './lora-files.ts';

/** One that may be used, with its values. */
interface ReadyLora {
  readonly name: string;
  readonly hash: string;
  readonly verdict: LoraVerdict;
  readonly repairs: readonly LoraRepair[];
  readonly modules: readonly ModuleFactors[];
}

type Orders = Pick<GenerateRequest, 'loras' | 'loraPolicy'>;

export class ModelLoras {
  readonly #model: Model;
  readonly #checkpoint: Checkpoint;
  /** Of the last request; what a request does not use is let go. */
  #ready = new Map<string, ReadyLora>();
  #stack: { readonly key: string; readonly additions: ComponentAdditions } = {
    key: '',
    additions: stackLoras([]),
  };

  constructor(model: Model, checkpoint: Checkpoint) {
    this.#model = model;
    this.#checkpoint = checkpoint;
  }

  /**
   * Makes the model paint with the LoRAs of a request and with no others.
   * @throws AppError `lora/refused`, `request/invalid` for a weight that is no number, and what reading throws
   */
  async use({ loras = [], loraPolicy = 'strict' }: Orders, signal?: AbortSignal): Promise<AppliedLora[]> {
    for (const { weight } of loras) {
      if (Number.isFinite(weight)) continue;
      throw new AppError('request/invalid', {
        field: 'LoRA weight',
        value: String(weight),
        expected: 'a number',
      });
    }
    const ready = new Map<string, ReadyLora>();
    const used: (ReadyLora & { readonly key: string; readonly weight: number })[] = [];
    for (const { lora, weight } of loras) {
      const key = `${loraPolicy} ${referenceKey(lora)}`;
      const one = ready.get(key) ?? this.#ready.get(key) ?? (await this.#prepare(lora, loraPolicy, signal));
      ready.set(key, one);
      used.push({ ...one, key, weight });
    }
    this.#ready = ready;
    this.#add(used);
    return used.map(({ name, hash, weight, verdict, repairs }) => {
      const { modules, rank, scale } = verdict.total;
      return { name, hash, weight, modules, rank, scale, repairs };
    });
  }

  /** The same stack twice is the same object, so that weights which stay widened may stay. */
  #add(used: readonly (ReadyLora & { readonly key: string; readonly weight: number })[]): void {
    const key = JSON.stringify(used.map((one) => [one.key, one.weight]));
    if (key !== this.#stack.key) this.#stack = { key, additions: stackLoras(used) };
    const { additions } = this.#stack;
    this.#model.streams.unet.add(additions.unet);
    const [first, second] = this.#model.encoders;
    first.stream.add(additions.text_encoder);
    second.stream.add(additions.text_encoder_2);
  }

  async #prepare(reference: LoraReference, policy: LoraPolicy, signal?: AbortSignal): Promise<ReadyLora> {
    const { path, blob, config } = await openLoraFiles(reference, signal);
    const whole = blobFile(path, blob);
    const context: AdmissionContext = {
      components: await loraComponents(this.#checkpoint, signal),
      config,
      norms: 'due',
    };
    const admitted = await this.#admitted(whole, context, policy, signal);
    const { modules, scales } = await openLora(admitted.file, admitted.context, signal);
    const factors: ModuleFactors[] = [];
    for (const module of modules) factors.push(await readFactors(admitted.file, module, scales, signal));
    const { verdict, repairs } = admitted;
    const name = loraName(reference.kind === 'url' ? reference.url : path);
    return { name, hash: await dataHash(path, blob, signal), verdict, repairs, modules: factors };
  }

  /** The file that may be used: as it is or, where that is wanted, repaired. */
  async #admitted(
    file: RandomAccessFile,
    context: AdmissionContext,
    policy: LoraPolicy,
    signal?: AbortSignal,
  ) {
    const verdict = await admit(file, context, signal);
    if (verdict.admitted) return { file, context, verdict, repairs: [] };
    const adapted = policy === 'adapt' ? await adapt(file, context, 'folded', signal) : undefined;
    if (!adapted?.file) {
      const reasons = adapted?.verdict.reasons ?? verdict.reasons;
      const [first, ...others] = reasons;
      if (!first) throw new AppError('engine/internal', { reason: 'a LoRA is refused without a reason' });
      const repairable = policy === 'strict' && isRepairable(reasons);
      throw new AppError('lora/refused', {
        ...first,
        ...{ file: file.path, others: others.length, repairable },
      });
    }
    const repaired = blobFile(file.path, new Blob([adapted.file]));
    // What the config says of scales is of the file as it was.
    const { verdict: repairedVerdict, repairs } = adapted;
    return { file: repaired, context: { ...context, config: undefined }, verdict: repairedVerdict, repairs };
  }
}

/**
 * The SHA-256 of all that follows the header, by which other programs know the file whatever its metadata say: what
 * AUTOMATIC1111's web UI writes into pictures.
 */
async function dataHash(path: string, blob: Blob, signal?: AbortSignal): Promise<string> {
  const { dataBegin } = await readSafetensorsHeader(blobFile(path, blob), signal);
  return hashBlob(blob.slice(dataBegin));
}

function referenceKey(reference: LoraReference): string {
  return reference.kind === 'url'
    ? reference.url
    : JSON.stringify(reference.files.map(({ name, size, lastModified }) => [name, size, lastModified]));
}
