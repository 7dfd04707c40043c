/** @file What is made of finished pictures: orders for it, and whether it can be painted. */
import type { ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { Picture } from './generation.ts';
import type { OpenModel } from '../models/model-choice.ts';
import {
  enlargedSize,
  enlargementOf,
  FACTORS,
  isPaintedBy,
  sisterOf,
  type Offspring,
  type PageChoices,
  type VariationDegree,
} from './picture-offspring.ts';
import { randomSeed } from '../settings/seed.ts';
import { RefusedSizes, type SizeQuestion, type SizeRefusals } from '../settings/size-refusals.ts';

interface ControlParts {
  readonly engine: () => Engine;
  readonly model: () => OpenModel | undefined;
  readonly picture: () => Picture | undefined;
  readonly choices: () => Omit<PageChoices, 'model'>;
  readonly beginFrom: (file: File) => Promise<void>;
  readonly paint: (request: GenerateRequest) => void;
}

export class OffspringControl {
  readonly #parts: ControlParts;
  readonly #larger: RefusedSizes;

  constructor(host: ReactiveControllerHost, parts: ControlParts) {
    this.#parts = parts;
    this.#larger = new RefusedSizes(host, { engine: parts.engine, question: () => this.#question() });
  }

  /** Of the sizes that the finished picture may be enlarged to, what cannot be painted. */
  get refusals(): SizeRefusals {
    return this.#larger.refusals;
  }

  async make(offspring: Offspring): Promise<void> {
    const { picture } = offspring;
    const { beginFrom, paint } = this.#parts;
    const page = this.#page();
    if (offspring.kind === 'sister') {
      if (page) paint(sisterOf(picture, offspring.degree, randomSeed(), page));
      return;
    }
    const blob = await (await fetch(picture.url)).blob();
    if (offspring.kind === 'begin') await beginFrom(new File([blob], picture.fileName, { type: blob.type }));
    else if (page)
      paint(enlargementOf(picture, new Uint8Array(await blob.arrayBuffer()), offspring.size, page));
  }

  /** Orders a sister of the picture that would be painted. */
  vary(request: GenerateRequest | undefined, degree: VariationDegree): void {
    const { seed, width, height } = request ?? {};
    const page = this.#page();
    if (!page || !request || seed === undefined || width === undefined || height === undefined) return;
    this.#parts.paint(sisterOf({ request, seed, width, height }, degree, randomSeed(), page));
  }

  #page(): PageChoices | undefined {
    const model = this.#parts.model();
    return model && { model: model.reference, ...this.#parts.choices() };
  }

  #question(): SizeQuestion | undefined {
    const picture = this.#parts.picture();
    const model = this.#parts.model()?.description;
    const page = this.#page();
    if (!picture || !model || !page || !isPaintedBy(picture, model)) return undefined;
    const sizes = FACTORS.map((factor) => enlargedSize(picture, factor, model.sizeMultiple));
    return { request: enlargementOf(picture, new Uint8Array(), picture, page), sizes };
  }
}
