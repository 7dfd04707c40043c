/**
 * @file What of the sizes on the page cannot be painted, and why: asked of the engine's planner, again whenever the answer may
 * be another. Answers are text in the language of the moment, so plain errors are kept.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Engine } from '../../engine/protocol/engine.ts';
import type { GenerateRequest } from '../../engine/protocol/generate.ts';
import type { PlainError } from '../../error.ts';
import { errorSentence, translate } from '../../locale/index.ts';
import { isUntrained, sizeLabel, type PictureSize, type SizedModel } from './picture-size.ts';

/** Why, by {@link sizeLabel}; those that can be painted are not in it. */
export type SizeRefusals = ReadonlyMap<string, PlainError>;

/** A question to the planner; the prompt and the seed make no difference to it. */
export interface SizeQuestion {
  readonly request: GenerateRequest;
  readonly sizes: readonly PictureSize[];
}

export class RefusedSizes implements ReactiveController {
  /** Of the last question. */
  refusals: SizeRefusals = new Map();

  readonly #host: ReactiveControllerHost;
  readonly #engine: () => Engine;
  readonly #question: () => SizeQuestion | undefined;
  #asked = '';
  #questions = 0;
  #model: GenerateRequest['model'] | undefined;

  /** @param question looked at after every update of the page; asked when it is another */
  constructor(
    host: ReactiveControllerHost,
    parts: { readonly engine: () => Engine; readonly question: () => SizeQuestion | undefined },
  ) {
    this.#host = host;
    this.#engine = parts.engine;
    this.#question = parts.question;
    host.addController(this);
  }

  hostUpdated(): void {
    const question = this.#question();
    const key = question ? keyOf(question) : '';
    // Two models from files look alike as text.
    const model = question?.request.model;
    if (key === this.#asked && model === this.#model) return;
    this.#asked = key;
    this.#model = model;
    if (this.refusals.size > 0) this.#tell(new Map());
    if (question) void this.#ask(question);
  }

  async #ask({ request, sizes }: SizeQuestion): Promise<void> {
    const question = ++this.#questions;
    try {
      const answers = await this.#engine().refusals(request, sizes);
      if (question !== this.#questions) return;
      this.#tell(
        new Map(
          sizes.flatMap((size, i) => {
            const answer = answers[i];
            return answer ? [[sizeLabel(size), answer] as const] : [];
          }),
        ),
      );
    } catch {
      // A model that cannot be opened says so where it is used; an order is planned again in any case.
    }
  }

  #tell(refusals: SizeRefusals): void {
    this.refusals = refusals;
    this.#host.requestUpdate();
  }
}

/** Why a size cannot be painted, else what may come of one that the model was not trained for. */
export function sizeRemark(
  size: PictureSize,
  model: Pick<SizedModel, 'sizes'> | undefined,
  refusals: SizeRefusals,
): string | undefined {
  const refusal = refusals.get(sizeLabel(size));
  if (refusal) return errorSentence(refusal);
  return model && isUntrained(size, model) ? translate('sizeUntrained') : undefined;
}

/** Of a picture to begin from it matters only that there is one. */
function keyOf({ request: { initImage, ...request }, sizes }: SizeQuestion): string {
  const text = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify([request, initImage !== undefined, sizes], (_, value: unknown) => text(value));
}
