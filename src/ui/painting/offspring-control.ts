/** @file What is made of finished pictures: orders for it, and whether it can be painted. */
import type { ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import { chosenGuidance, isPaired, orderedGuidance, restoredGuidance } from '../form/guidance-form.ts';
import { takeLoraTags } from '../../lora/prompt-tags.ts';
import type { Picture } from './generation.ts';
import type { OpenModel } from '../models/model-choice.ts';
import {
  enlargementOf,
  enlargementQuestion,
  isPaintedBy,
  sisterOf,
  type Offspring,
  type PageChoices,
  type Parent,
  type VariationDegree,
} from './picture-offspring.ts';
import type { PictureSettings } from '../settings/picture-settings.ts';
import type { PictureSize } from '../settings/picture-size.ts';
import { randomSeed } from '../settings/seed.ts';
import { RefusedSizes, type SizeQuestion, type SizeRefusals } from '../settings/size-refusals.ts';

interface ControlParts {
  readonly engine: () => Engine;
  readonly model: () => OpenModel | undefined;
  readonly picture: () => Picture | undefined;
  /** What the form describes; `undefined` where nothing can be painted of it. */
  readonly describe: () => GenerateRequest | undefined;
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

  get engine(): Engine {
    return this.#parts.engine();
  }

  /** Makes something of the finished picture. */
  async make(offspring: Offspring): Promise<void> {
    const picture = this.#parts.picture();
    if (!picture) return;
    if (offspring.kind === 'sister') {
      this.#vary(picture, offspring.degree);
      return;
    }
    const blob = await (await fetch(picture.url)).blob();
    if (offspring.kind === 'larger') await this.#enlarge(picture, blob, offspring.size);
    else await this.#parts.beginFrom(new File([blob], picture.fileName, { type: blob.type }));
  }

  /** Orders a sister of the picture that the form describes. */
  vary(degree: VariationDegree): void {
    this.#vary(this.#described(), degree);
  }

  /** Orders the picture that the form describes once more, larger. @param file of it */
  async enlarge(file: Blob, size: PictureSize): Promise<void> {
    await this.#enlarge(this.#described(), file, size);
  }

  /**
   * Whether the open model can paint a picture of these settings larger. The seed makes no difference to that; LoRAs
   * are not asked about, the order is planned again with them.
   * @param size of the picture
   */
  question(settings: PictureSettings, size: PictureSize): SizeQuestion | undefined {
    const model = this.#parts.model()?.description;
    const page = this.#page();
    if (!model || !page) return undefined;
    const guidance = restoredGuidance(settings, model);
    const usesNegative = isPaired(chosenGuidance(guidance, model)) && settings.negative !== '';
    const request: GenerateRequest = {
      ...{ model: page.model, backend: page.backend, count: 1, seed: 0n, dump: false, previews: false },
      ...{ prompt: takeLoraTags(settings.prompt).prompt, precision: settings.precision ?? 'f32' },
      ...(usesNegative && { negative: settings.negative }),
      steps: settings.steps ?? model.steps,
      ...orderedGuidance(guidance, model),
    };
    return enlargementQuestion({ request, seed: 0n, ...size }, page, model.sizeMultiple);
  }

  #vary(parent: Parent | undefined, degree: VariationDegree): void {
    const page = this.#page();
    if (page && parent) this.#parts.paint(sisterOf(parent, degree, randomSeed(), page));
  }

  async #enlarge(parent: Parent | undefined, file: Blob, size: PictureSize): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const page = this.#page();
    if (page && parent) this.#parts.paint(enlargementOf(parent, bytes, size, page));
  }

  #described(): Parent | undefined {
    const request = this.#parts.describe();
    const { seed, width, height } = request ?? {};
    const isWhole = request && seed !== undefined && width !== undefined && height !== undefined;
    return isWhole ? { request, seed, width, height } : undefined;
  }

  #page(): PageChoices | undefined {
    const model = this.#parts.model();
    return model && { model: model.reference, ...this.#parts.choices() };
  }

  #question(): SizeQuestion | undefined {
    const picture = this.#parts.picture();
    const model = this.#parts.model()?.description;
    const page = this.#page();
    const isIts = picture && model && isPaintedBy(picture, model);
    return page && isIts ? enlargementQuestion(picture, page, model.sizeMultiple) : undefined;
  }
}
