/**
 * @file Every text of the product in English, the source of truth for the other languages. A sentence for a
 * failure says what is wrong, where, and what to do; it reads the same on the page and on the command line.
 */
import { capabilities, type CapabilityTexts } from './capabilities.ts';
import type { Notice } from '../engine/protocol.ts';
import type { ErrorCode, ErrorDetails, Finding } from '../error.ts';
import { figure } from './figure.ts';
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
  readonly capabilities: CapabilityTexts;
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
  guidance: 'Guidance',
  'guidance.auto': 'As the model says',
  'guidance.off': 'Off',
  'guidance.first-step': 'First step only',
  'guidance.full': 'Every step',
  'guidance.onetime-negative': "Away from the first step's negative",
  'guidedBy.off': (_scale: number) => 'Without guidance',
  'guidedBy.first-step': (scale: number) => `Guidance ${scale} in the first step only`,
  'guidedBy.full': (scale: number) => `Guidance ${scale} in every step`,
  'guidedBy.onetime-negative': (scale: number) => `Guidance ${scale} away from the first step's negative`,
  'guidedBy.distilled': (scale: number) => `Guidance ${scale} inside the model`,
  guidanceCost: (way: string, evaluations: number) =>
    `${way}: ${evaluations} UNet ${evaluations === 1 ? 'evaluation' : 'evaluations'}`,
  guidanceRescale: 'Guidance rescale',
  clipSkip: 'Clip skip',
  size: 'Size',
  width: 'Width',
  height: 'Height',
  sizeHint: (multiple: number) => `Pixels, in multiples of ${multiple}.`,
  advanced: 'Advanced',
  backend: 'Backend',
  backendAuto: 'Automatic',
  precision: 'Precision',
  precisionF16: 'f16, to compare; may fail',

  model: 'Model',
  modelOpening: 'Opening the model…',
  modelMissing: 'No model is open.',
  licence: (terms: string) => `Licence: ${terms}`,
  modelPassing: 'Used for this visit, not stored.',

  modelsOpen: 'Models…',
  models: 'Models',
  close: 'Close',
  back: 'Back',
  modelsStored: 'In this browser',
  modelsStoredNone: 'No model is stored yet. What you add here works without a network.',
  modelsLoading: 'Looking at what is stored…',
  modelsOffered: 'Known models',
  modelsAdd: 'Add your own',
  modelAddress: 'Address of a model folder or a .safetensors file',
  modelAddressWrong: 'This is not a web address; it begins with https://.',
  modelLook: 'Look',
  componentsElsewhere: 'Components from elsewhere',
  componentsHint:
    'Optional. Of a whole model, only this component is taken; its own folder or file will do, too.',
  componentUnet: 'Address of a UNet',
  componentVae: 'Address of a VAE',
  pickFolder: 'Choose a folder…',
  pickFile: 'Choose a file…',
  dropHint: 'Or drop a folder or a .safetensors file anywhere on the page.',
  dropTitle: 'Drop a model here',
  dropHere: 'A folder in diffusers layout, or one .safetensors file',
  /** The name of a button that stands in the row of a model. */
  actionOn: (action: string, model: string) => `${action}: ${model}`,
  modelUse: 'Paint with it',
  modelInUse: 'In use',
  modelAdd: 'Add…',
  modelEmbedded: 'comes with this site',
  modelDamaged: 'Some of its records are gone.',
  modelAdded: (model: string) => `“${model}” is stored in this browser.`,
  modelPaused: (model: string) => `“${model}” is paused.`,
  modelRemoved: (model: string, freed: string) => `“${model}” is deleted, ${freed} are free again.`,
  unverified: 'address not checked',
  unverifiedHint: 'Nobody has tried this address from here yet; the model may have moved.',
  roundedExactly: 'Rounded to bfloat16, which changed nothing.',
  rounded: (percent: string, tensors: number) =>
    `Rounded to bfloat16: the weights changed by ${percent} % (${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}).`,

  importing: 'Adding',
  importPaused: 'Paused',
  importElsewhere: 'Another tab is adding it',
  verifying: 'Checking',
  repairing: 'Repairing',
  pause: 'Pause',
  resume: 'Resume',
  cancelAndDelete: 'Cancel and delete',
  verify: 'Check',
  repair: 'Repair',
  delete: 'Delete',
  deleteQuestion: (model: string, freed: string) => `Delete “${model}”? This frees ${freed}.`,
  keepIt: 'Keep it',
  filesNeeded: (source: string) => `For this, its files are needed again: ${source}`,
  amountDone: (done: string, total: string) => `${done} of ${total}`,
  speed: (amount: string) => `${amount}/s`,
  secondsLeft: (seconds: number) => `${seconds} s left`,
  minutesLeft: (minutes: number) => `about ${minutes} min left`,
  hoursLeft: (hours: number, minutes: number) => `about ${hours} h ${minutes} min left`,
  allIntact: (records: number) => `Checked: all ${records} records are as they were stored.`,
  damageFound: (damaged: number, records: number) => `${damaged} of ${records} records are damaged:`,
  damageRepaired: (damaged: number, records: number) =>
    `${damaged} of ${records} records were damaged and are repaired:`,
  recordDescription: 'the description of the model',
  recordAndMore: (first: string, others: number) => `${first} and ${others} more`,
  recordMissing: 'gone',
  recordChanged: 'changed',
  moreRecords: (count: number) => `and ${count} more`,

  offerLooking: 'Looking at the model…',
  sourceTerm: 'Source',
  sizeTerm: 'Size',
  licenceTerm: 'Licence',
  licenceUnknown: 'None is named here; ask its publisher what you may do with it.',
  licenceRead: 'Read it',
  licenceAccept: 'I have read the licence and keep to it.',
  sizeInBrowser: (size: string) => `${size} in this browser`,
  sizeToFetch: (size: string) => `, ${size} of it still to come`,
  roomEnough: (needed: string, free: string) =>
    `Needs ${needed} of the browser's storage, about ${free} are free.`,
  roomShort: (needed: string, free: string) =>
    `Needs ${needed} of the browser's storage, but only about ${free} are free. It can still be used without storing it.`,
  roomUnknown: (needed: string) =>
    `Needs ${needed} of the browser's storage; the browser does not tell how much is free.`,
  assumed: 'The file leaves this open, so it is taken to be as in SDXL:',
  roundingNote:
    'Weights in float16 or float32 are rounded to bfloat16 on the way in; how much that changes is measured and shown.',
  keepHere: 'Keep in this browser',
  downloadAndKeep: 'Download and keep',
  useOnce: 'Use once without storing',

  storageUsed: (used: string) => `${used} of the browser's storage used`,
  storageUsedOf: (used: string, total: string) => `${used} of ${total} of the browser's storage used`,
  storageUnknown: 'The browser does not tell how much storage is used.',
  storageKept: 'The browser keeps it until you delete it.',
  storageMayGo: 'The browser may clear it when the disk runs full.',
  storageAsk: 'Ask the browser to keep it',
  storageRefused:
    'The browser does not promise to keep it; it may after more visits, or once the site has a bookmark.',

  gpuBudget: 'GPU memory',
  ramBudget: 'Weights kept in RAM',
  automaticFor: (field: string) => `Automatic: ${field}`,
  budgetAutomatic: (size: string) => `Up to ${size}`,
  budgetByRule: 'By the kind of device',
  useBudget: (size: string) => `Use ${size}`,
  useSize: (width: number, height: number) => `Use ${width}×${height}`,
  vae: 'Decoding',
  vaeAuto: 'Automatic: in one piece where it fits',
  vaeFull: 'In one piece',
  vaeTiled: 'In tiles',
  vaeTiny: 'Quick, with the small decoder',
  vaeTile: 'Tile',
  tileByModel: 'As large as the model says',
  latents: (side: number) => `${side} × ${side} latents`,
  idle: 'Weights leave the GPU when idle',
  idleAtOnce: 'at once',
  idleMinutes: (minutes: number) => `after ${minutes} min`,

  memoryNow: (live: string, peak: string) => `GPU memory: ${live} in use, ${peak} at most`,
  peakAt: (size: string) => `peak ${size}`,
  budgetAt: (size: string) => `budget ${size}`,
  'memory.weights': 'weights',
  'memory.expanded': 'weights widened',
  'memory.activations': 'activations',
  'memory.staging': 'uploads',
  'memory.runtime': 'runtime',
  'memory.readback': 'results',
  peakOf: (peak: string, budget: string) => `Peak ${peak} of ${budget}`,
  uploaded: (size: string) => `${size} uploaded`,
  stages: (count: number) => `${count} ${count === 1 ? 'stage' : 'stages'}`,
  heap: (size: string) => `WASM memory ${size}`,
  heapTerm: 'WASM memory',
  staysOnGpu: 'Stays on the GPU',
  'receipt.load': 'Opening the model',
  'receipt.encode': 'Reading the prompt',
  'receipt.denoise': 'Painting',
  'receipt.decode': 'Developing',
  receiptSteps: 'Steps',
  receiptEvaluations: 'UNet evaluations',

  picture: 'Picture',
  emptyTitle: 'Nothing developed yet',
  emptyHint: 'Write a sentence, or pick an example.',
  pictureAlt: (prompt: string) =>
    prompt === '' ? 'Generated picture without a prompt' : `Generated picture: ${prompt}`,
  previewAlt: 'Preview of the picture being painted',
  stepAlt: (step: number, steps: number) => `Preview of the picture after step ${step} of ${steps}`,
  stepStrip: 'How the picture came about',
  stepOf: (step: number, steps: number, stage: string | undefined) =>
    `Step ${step} of ${steps}${stage === undefined ? '' : `: ${stage}`}`,
  'stage.structure': 'structure',
  'stage.texture': 'texture',
  'stage.light': 'light',
  'stage.detail': 'detail',
  stripNow: 'now',
  stripNowName: 'The picture as it is now',
  stripPicture: 'picture',
  stripPictureName: 'The finished picture',
  pictureFacts: (seed: string, steps: number, seconds: string) =>
    `seed ${seed} · ${steps} ${steps === 1 ? 'step' : 'steps'} · ${seconds} s`,
  download: 'Download PNG',
  ready: (seconds: string) => `The picture is ready after ${seconds} seconds.`,
  cancelled: 'Cancelled.',

  progress: 'Progress',
  phaseLoad: 'Loading the model',
  phaseEncode: 'Reading the prompt',
  phaseDenoise: (step: number, steps: number, stage: string | undefined) =>
    `Painting, step ${step} of ${steps}${stage === undefined ? '' : `: ${stage}`}`,
  phaseDecode: 'Developing the picture',

  device: 'Runs on',
  deviceWasm: (threads: number) => `WASM · ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  deviceNoHardware: 'no hardware WebGPU adapter',
  deviceSoftware: 'software',
  deviceAbout: 'About this device',
  deviceAboutHint: 'What this browser offers, and what Emulsion makes of it.',
  deviceExamining: 'Looking at the browser and its GPU…',
  deviceCapability: 'Capability',
  deviceFound: 'Found',
  deviceMeaning: 'What follows',
  deviceCopy: 'Copy report',
  deviceCopied: 'The report is on the clipboard.',
  deviceCopyRefused: 'The browser does not allow copying. The report is selected above; copy it from there.',
  deviceReport: 'Report',
  deviceRaw: 'Limits and features of the GPU',
  deviceFeatures: (list: string) => `Features: ${list}`,
  'deviceGroup.browser': 'Browser',
  'deviceGroup.gpu': 'GPU',
  'deviceGroup.cpu': 'CPU and memory',
  'deviceGroup.storage': 'Storage',
  'found.yes': 'yes',
  'found.no': 'no',
  'found.present': 'there',
  'found.absent': 'not there',
  'found.none': 'none',
  'found.noAdapter': 'no adapter',
  'found.notTold': 'not told',
  'found.unknown': 'unknown',
  'found.works': 'works',
  'found.refused': 'refused',
  foundThreads: (threads: number) => `yes, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  foundSide: (side: number) => `up to ${side} × ${side} pixels`,
  foundRight: (size: number) => `right, ${size} together`,
  foundWrong: (operations: string) => `wrong: ${operations}`,
  foundUntested: (reason: string) => `could not be tested: ${reason}`,

  offlineReady: 'Ready to work offline',
  updateAvailable: 'Update available',
  reload: 'Reload',

  tryAgain: 'Try again',
  dismiss: 'Dismiss',
};

/** English. */
export const en: Messages = {
  ui,
  capabilities,
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
    'weights/not-finite': ({ file, tensor }) =>
      `The tensor “${tensor}” in “${file}” holds values that are not finite numbers. The file is broken; get it again.`,
    'weights/changed': ({ file }) =>
      `“${file}” is no longer the file the download began with. What was fetched of this model is dropped; add it again.`,
    'weights/checksum': ({ file }) =>
      `“${file}” is not the published file: its SHA-256 is another. Nothing of it is kept; get it from its publisher.`,
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
    'model/no-tiny-vae': ({ model }) =>
      `The model “${model}” has no tiny autoencoder (tiny_vae/). Decode with the full one, or in tiles.`,
    'model/unknown': ({ model }) =>
      `There is no model “${model}”. Give a model of the catalog, a folder or an address.`,
    'model/licence': ({ model, licence, address }) =>
      `The licence of “${model}” limits what it may be used for: ${licence}. Read it (${address}), and accept it with --accept-licence.`,
    'store/unavailable': ({ reason }) =>
      `This browser cannot keep models: ${reason}. Models can still be used from their address or files.`,
    'store/quota': ({ neededMiB, availableMiB }) =>
      `The model needs ${neededMiB} MiB of the browser's storage, which has room for ${availableMiB} MiB. Free some space or remove a model; without storing it, the model can still be used from its source.`,
    'store/damaged': ({ model, record }) =>
      `The stored model “${model}” is damaged: ${record}. Verify and repair it.`,
    'store/incomplete': ({ model }) =>
      `The model “${model}” is not completely stored yet. Add it again to go on where it stopped.`,
    'store/busy': ({ model }) =>
      `The model “${model}” is being worked on, perhaps in another tab. Try again when that is done.`,
    'store/exists': ({ model, source }) =>
      `Another model is stored as “${model}”, from ${source}. Remove that one or choose another name.`,
    'store/source-needed': ({ model, source }) =>
      `To repair “${model}”, its files are needed again: ${source}. Choose them.`,
    'model/file-kind': ({ file, kind }) =>
      `“${file}” is not an SDXL checkpoint but ${kind}, which Emulsion cannot paint with. Choose an SDXL, SDXL Turbo or SDXL Lightning model.`,
    'model/file-incomplete': ({ file, present, missing }) =>
      `“${file}” is a part of a model: it holds ${present} and lacks ${missing}. Choose a complete checkpoint, or combine the part with one that has the rest.`,
    'model/file-layout': ({ file, reason }) =>
      `“${file}” cannot be read as an SDXL checkpoint: ${reason}. Get the file again, or choose another model.`,
    'request/size': ({ width, height, multiple }) =>
      `A picture of ${width}×${height} pixels is not possible with this model. Use multiples of ${multiple}.`,
    'request/invalid': ({ field, value, expected }) =>
      `The value “${value}” for ${field} is not valid: expected ${expected}.`,
    'request/budget': ({ width, height, budgetMiB, neededMiB, fits }) =>
      `A picture of ${width}×${height} needs ${neededMiB} MiB of GPU memory, the budget is ${budgetMiB} MiB. ${fits ? `Raise the budget, or choose ${fits} or less.` : 'Raise the budget.'}`,
    'request/buffer': ({ width, height, limitMiB, neededMiB, fits }) =>
      `A picture of ${width}×${height} needs a buffer of ${neededMiB} MiB, more than the ${limitMiB} MiB that this GPU gives in one piece. ${fits ? `Choose ${fits} or less, or the WASM backend.` : 'Choose the WASM backend.'}`,
    'request/heap': ({ width, height, limitMiB, neededMiB, fits }) =>
      `A picture of ${width}×${height} needs ${neededMiB} MiB of WASM memory, more than the ${limitMiB} MiB there may be. ${fits ? `Choose ${fits} or less` : 'Choose another way of decoding'}, or the WebGPU backend.`,
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
    'image/not-finite': ({ count, of, least, greatest, ...finding }) =>
      `The picture came out broken: ${count} of ${of} values are not finite numbers in ${placeOf(finding)}${least === null || greatest === null ? '' : `; the others lie between ${figure(least)} and ${figure(greatest)}`}. ${remedyFor(finding)}`,
    'image/zeros': (finding) =>
      `The picture came out broken: nothing but zeros in ${placeOf(finding)}. ${remedyFor(finding)}`,
    'image/uniform': ({ colour }) =>
      `The picture came out empty: every pixel has the colour ${colour}. Try another seed or another prompt.`,
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
    'negative-unused': () =>
      'A negative prompt only acts where guidance evaluates the model twice (full, first-step, onetime-negative); it was left out.',
    'guidance-scale-unused': () =>
      'The guidance scale has no effect with guidance off or inside the model; it was left out.',
    'guidance-rescale-unused': () =>
      'Guidance rescale only acts where guidance evaluates the model twice (full, first-step, onetime-negative); it was left out.',
    'gpu-budget-unused': () =>
      'The GPU memory budget has no effect, because this picture was computed on the CPU (WASM).',
    'model-assumed': ({ assumptions }) =>
      `The model does not say everything about itself; as in SDXL, it was taken to have: ${assumptions.join('; ')}.`,
    'vae-tiled': ({ tile }) =>
      `The memory budget holds no decode in one piece, so the picture was decoded in tiles of ${tile} pixels; colours may differ slightly.`,
    'guidance-embedded': ({ scale }) =>
      `This model takes the guidance scale as an input and cannot do without; it was given ${scale}.`,
  },
};

function placeOf({ network, stage, operation, step }: Finding): string {
  const names = operation?.startsWith(stage)
    ? [operation]
    : [stage, ...(operation === null ? [] : [operation])];
  return `${network} ${[...names, ...(step === null ? [] : [`step ${step}`])].join(', ')}`;
}

function remedyFor({ operation, precision }: Finding): string {
  if (operation === null)
    return 'The same came out right when it was computed again, so the device made a mistake. Try again.';
  if (precision === 'f16') return 'Numbers in f16 end at 65504. Choose bf16 or f32.';
  return 'Check that the model is intact, or use another backend.';
}
