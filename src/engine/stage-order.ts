/**
 * @file In which order a picture needs the tensors of a model: by component, the stages of its program, each with its
 * tensors. The store lays models out in this order. Tensors that no program reads (a VAE's encoder, the projection of
 * an unused text tower) come last, by name, so that nothing of a model is lost.
 */
import { buildClip, embeddingTables } from '../architecture/clip.ts';
import type { Program, WeightSpec } from '../architecture/program.ts';
import { buildTinyVaeDecoder } from '../architecture/tiny-vae.ts';
import { buildUnet } from '../architecture/unet.ts';
import { buildVaeDecoder } from '../architecture/vae.ts';
import { storedName } from '../weights/stored-names.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import type { Model } from './model.ts';

/** Names of tensors as the checkpoint has them. */
export type StageNames = readonly string[];

/** The stages of one component; every floating-point tensor of the set is in exactly one. */
export function stageOrder(model: Model, weights: WeightSet): StageNames[] {
  const left = new Set(weights.names());
  const stages = stagesOf(model, weights.component).map((specs) =>
    specs.map(({ name }) => storedName(weights, name)).filter((name) => left.delete(name)),
  );
  return [...stages, [...left].sort()].filter((stage) => stage.length > 0);
}

function stagesOf(model: Model, component: string): (readonly WeightSpec[])[] {
  const size = { height: 8, width: 8 };
  switch (component) {
    case 'unet':
      return stagesOfProgram(buildUnet(model.unet, { batch: 1, ...size, tokens: 1 }));
    case 'vae':
      return stagesOfProgram(buildVaeDecoder(model.vae, size));
    case 'tiny_vae':
      return model.tinyVae ? stagesOfProgram(buildTinyVaeDecoder(model.tinyVae.config, size)) : [];
    default: {
      const encoder = model.encoders.find((candidate) => candidate.component === component);
      if (!encoder) return [];
      const tables = embeddingTables(encoder.config);
      const program = buildClip(encoder.config, component, encoder.tokenizer.maxLength);
      return [[tables.tokens, tables.positions], ...stagesOfProgram(program)];
    }
  }
}

function stagesOfProgram(program: Program): (readonly WeightSpec[])[] {
  return program.stages.map((stage) => stage.weights);
}
