/** @file What the engine is asked for: what the form describes, with the page's own choices and the LoRAs that are on. */
import type { BackendChoice, GenerateRequest } from '../../engine/protocol/generate.ts';
import type { PictureOrder } from '../form/picture-order.ts';
import type { LoraControl } from '../loras/lora-control.ts';
import type { OpenModel } from '../models/model-choice.ts';
import type { Draft } from '../painting/live-mode.ts';
import type { MemorySettings } from '../settings/memory-settings.ts';
import { offeredSizes } from '../settings/picture-size.ts';
import type { SizeQuestion } from '../settings/size-refusals.ts';

interface RequestParts {
  readonly model: () => OpenModel | undefined;
  readonly choices: () => { readonly memory: MemorySettings; readonly backend: BackendChoice };
  readonly loras: LoraControl;
  /** What the form describes; `undefined` where nothing can be painted of it. */
  readonly described: () => PictureOrder | undefined;
}

export class Requests {
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** One picture, and what there is to say of it; `undefined` without a model. */
  picture(order: PictureOrder): Draft | undefined {
    const model = this.#parts.model();
    if (!model) return undefined;
    const { memory, backend } = this.#parts.choices();
    const { notices, ...painted } = this.#parts.loras.order(order.prompt);
    const request: GenerateRequest = {
      ...order,
      ...painted,
      ...memory,
      model: model.reference,
      count: 1,
      backend,
      dump: false,
      previews: model.description.hasPreviews,
    };
    return { request, notices };
  }

  /** What the form describes, nobody having asked for it. */
  described(): Draft | undefined {
    const order = this.#parts.described();
    return order && this.picture(order);
  }

  /** The same in as few steps as there can be. */
  draft(): Draft | undefined {
    const draft = this.described();
    // Of one that begins from a picture, those before are left out.
    const steps = Math.ceil(1 / (draft?.request.initImage?.strength ?? 1));
    return draft && { ...draft, request: { ...draft.request, steps, previews: false } };
  }

  /** Whether the sizes that the form offers can be painted. */
  sizes(): SizeQuestion | undefined {
    const model = this.#parts.model();
    if (!model) return undefined;
    const { memory, backend } = this.#parts.choices();
    const request: GenerateRequest = {
      ...{ prompt: '', seed: 0n, count: 1, guidance: 'auto', precision: 'f32', dump: false, previews: false },
      ...memory,
      model: model.reference,
      backend,
    };
    return { request, sizes: offeredSizes(model.description) };
  }
}
