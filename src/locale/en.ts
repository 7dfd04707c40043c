/**
 * @file Every text of the product in English, the source of truth for the other languages. A sentence for a
 * failure says what is wrong, where, and what to do; it reads the same on the page and on the command line.
 */
import type { Notice } from '../engine/protocol.ts';
import type { ErrorCode, ErrorDetails } from '../error.ts';
import { limitAmount } from './limit-amount.ts';

type ErrorSentences = { readonly [C in ErrorCode]: (detail: ErrorDetails[C]) => string };
type NoticeSentences = {
  readonly [K in Notice['kind']]: (notice: Extract<Notice, { kind: K }>) => string;
};
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** What a language has to provide. */
export interface Messages {
  readonly ui: Texts<typeof ui>;
  readonly errors: ErrorSentences;
  readonly notices: NoticeSentences;
}

const ui = {
  tagline: 'A sentence becomes a picture, on your own device.',
  headlessNote: 'Emulsion without its page: use the scripting interface, globalThis.emulsion.',
  language: 'Language',

  prompt: 'Prompt',
  promptPlaceholder: 'Describe a picture',
  negativePrompt: 'Negative prompt',
  negativePlaceholder: 'What should not be in it',
  examples: 'Examples',
  generate: 'Generate',
  cancel: 'Cancel',
  cancelling: 'Cancelling…',

  seed: 'Seed',
  seedRandom: 'Random',
  seedRoll: 'Roll a new seed and keep it',
  seedInvalid: 'A whole number from 0 to 18446744073709551615.',
  steps: 'Steps',
  size: 'Size',
  width: 'Width',
  height: 'Height',
  sizeHint: (multiple: number) => `Pixels, in multiples of ${multiple}.`,
  advanced: 'Advanced',
  backend: 'Backend',
  backendAuto: 'Automatic',

  model: 'Model',
  modelOpening: 'Opening the model…',
  modelMissing: 'No model is open.',
  licence: (terms: string) => `Licence: ${terms}`,
  openFolder: 'Open a model folder…',
  embeddedModel: 'Embedded model',

  picture: 'Picture',
  emptyTitle: 'Nothing developed yet',
  emptyHint: 'Write a sentence, or pick an example.',
  pictureAlt: (prompt: string) =>
    prompt === '' ? 'Generated picture without a prompt' : `Generated picture: ${prompt}`,
  previewAlt: 'Preview of the picture being painted',
  pictureFacts: (seed: string, steps: number, seconds: string) =>
    `seed ${seed} · ${steps} ${steps === 1 ? 'step' : 'steps'} · ${seconds} s`,
  download: 'Download PNG',
  ready: (seconds: string) => `The picture is ready after ${seconds} seconds.`,
  cancelled: 'Cancelled.',

  progress: 'Progress',
  phaseLoad: 'Loading the model',
  phaseEncode: 'Reading the prompt',
  /** `quarter`, 0 to 3, is how far the picture has come: from its layout to its details. */
  phaseDenoise: (step: number, steps: number, quarter: number) =>
    `Painting, step ${step} of ${steps}: ${['structure', 'texture', 'light', 'detail'][quarter] ?? ''}`,
  phaseDecode: 'Developing the picture',

  device: 'Runs on',
  deviceWasm: (threads: number) => `WASM · ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  deviceNoHardware: 'no hardware WebGPU adapter',
  deviceSoftware: 'software',

  tryAgain: 'Try again',
  dismiss: 'Dismiss',
};

/** English. */
export const en: Messages = {
  ui,
  errors: {
    'weights/not-found': ({ file, status }) =>
      status === 404
        ? `The model has no file “${file}” (${status}). Check the model's folder or address.`
        : `The model file “${file}” could not be fetched: the server answered ${status}. Check the model's address.`,
    'weights/unreachable': ({ file, reason }) =>
      `The model file “${file}” could not be read: ${reason}. Check the connection or the disk and try again.`,
    'weights/header-invalid': ({ file, reason }) =>
      `“${file}” is damaged or not a safetensors file: ${reason}. Get the file again.`,
    'weights/dtype-unsupported': ({ file, tensor, dtype }) =>
      `The tensor “${tensor}” in “${file}” is stored as ${dtype}; only F32, F16 and BF16 can be read. Convert the model to one of these.`,
    'weights/tensor-missing': ({ tensor, component }) =>
      `The model has no tensor “${tensor}”, which its ${component} needs. Get the complete model.`,
    'weights/tensor-shape': ({ tensor, expected, actual }) =>
      `The tensor “${tensor}” has the shape ${actual}, but the model's config asks for ${expected}. Use the config and the weights of one model.`,
    'model/config-missing': ({ file }) =>
      `The model has no “${file}”. Choose a folder in the diffusers layout, the one that holds model_index.json.`,
    'model/config-invalid': ({ file, reason }) =>
      `The model's “${file}” cannot be used: ${reason}. Correct that file or get it again.`,
    'model/unsupported': ({ file, field, value, supported }) =>
      `The model's “${file}” sets “${field}” to ${value}; supported: ${supported}. Emulsion runs models of the SDXL architecture; correct the file or choose another model.`,
    'model/scheduler-unsupported': ({ field, value, supported }) =>
      `The model's scheduler sets “${field}” to ${value}; supported: ${supported}. Change scheduler/scheduler_config.json.`,
    'model/tokenizer-invalid': ({ file, reason }) =>
      `The tokenizer in “${file}” cannot be used: ${reason}. Get the model's tokenizer files again.`,
    'model/unknown': ({ model }) =>
      `There is no model “${model}”. Give a model of the catalog, a folder or an address.`,
    'request/size': ({ width, height, multiple }) =>
      `A picture of ${width}×${height} pixels is not possible with this model. Use multiples of ${multiple}.`,
    'request/invalid': ({ field, value, expected }) =>
      `The value “${value}” for ${field} is not valid: expected ${expected}.`,
    'request/init-noise': ({ reason }) =>
      `The initial noise cannot be used: ${reason}. Give a safetensors file whose tensors fit the model and the size.`,
    'gpu/unavailable': ({ reason }) => `WebGPU cannot be used here: ${reason}. Choose the WASM backend.`,
    'gpu/device-lost': ({ reason }) =>
      `The GPU stopped working on the picture: ${reason}. Try again; if it happens again, choose a smaller size.`,
    'gpu/out-of-memory': ({ reason }) =>
      `The GPU has not enough memory: ${reason}. Choose a smaller size, or close other programs that use the GPU.`,
    'gpu/limit': ({ what, needed, limit }) =>
      `This GPU is too small for the model: one ${what} needs ${limitAmount(what, needed, Math.ceil)}, the limit is ${limitAmount(what, limit, Math.floor)}. Choose a smaller size or the WASM backend.`,
    'runtime/start-failed': ({ reason }) =>
      `The compute runtime could not start: ${reason}. Reload, or use a current Chrome, Edge or Chromium.`,
    'runtime/run-failed': ({ stage, reason }) =>
      `The model failed in ${stage}: ${reason}. Try again, or use another backend.`,
    'image/not-finite': ({ stage, count }) =>
      `The picture came out broken: ${count} values after ${stage} are not finite. Check that the model's weights are intact.`,
    'image/png-invalid': ({ reason }) =>
      `The file is not a usable PNG picture: ${reason}. Choose another file.`,
    'output/unwritable': ({ file, reason }) =>
      `“${file}” cannot be written: ${reason}. Choose another place for the output.`,
    'browser/not-found': ({ reason }) =>
      `No usable browser was found: ${reason}. Install Chrome, Chromium or Edge, or set EMULSION_BROWSER to one.`,
    'engine/cancelled': () => 'The work was cancelled.',
    'engine/crashed': ({ reason }) =>
      `The engine stopped unexpectedly: ${reason}. Try again; if memory is short, choose a smaller size.`,
    'engine/internal': ({ reason }) =>
      `Something is wrong in the program itself: ${reason}. Please report it.`,
  },
  notices: {
    'prompt-cut': ({ which, cut }) =>
      `The ${which === 'prompt' ? 'prompt' : 'negative prompt'} is too long for the model. Left out: “${cut}”`,
    'negative-unused': () => 'A negative prompt only acts with full guidance; it was left out.',
    'guidance-scale-unused': () => 'The guidance scale has no effect with guidance off; it was left out.',
    'guidance-embedded': ({ scale }) =>
      `This model takes the guidance scale as an input and cannot do without; it was given ${scale}.`,
  },
};
