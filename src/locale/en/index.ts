/**
 * @file The texts of the product in English, the source of truth for the other languages; those for failures, for
 * LoRAs and for what a device offers have files of their own.
 */
import { capabilities, type CapabilityTexts } from './capabilities.ts';
import type { Notice } from '../../engine/protocol/generate.ts';
import { errors, type ErrorSentences } from './errors.ts';
import { galleryTexts } from './gallery.ts';
import { loraTexts } from './lora.ts';
import { formTexts } from './form.ts';
import { helpTexts } from './help.ts';

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
  /** Of the page before any script runs; they are put there when the site is built. */
  siteDescription: 'A text-to-image generator that runs in this tab, on your own device.',
  noScript: 'Emulsion paints in your browser and needs JavaScript.',
  tagline: 'A sentence becomes a picture, on your own device.',
  headlessNote: 'Emulsion without its page: use the scripting interface, globalThis.emulsion.',
  language: 'Language',
  /** Names one after another. */
  names: (names: readonly string[]) => names.join(', '),
  /** Sentences one after another. */
  sentences: (sentences: readonly string[]) => sentences.join(' '),
  /** Parts of what is said in one breath. */
  phrases: (phrases: readonly string[]) => phrases.join(', '),

  prompt: 'Prompt',
  promptPlaceholder: 'Describe a picture',
  negativePrompt: 'Negative prompt',
  negativePlaceholder: 'What should not be in it',
  tokenCount: (tokens: number, limit: number) => `${tokens} of ${limit} tokens`,
  examples: 'Examples',
  documents: 'Documentation',
  documentTable: 'Table',
  /** Said in a language that a document lacks, and leads to those there are in it; English lacks none. */
  documentUntranslated: 'In English only; see the other documents',
  generate: 'Generate',
  generateQueued: 'Add to queue',
  generateNext: (keys: string) => `${keys} puts it before everything that waits`,
  cancel: 'Cancel',
  cancelling: 'Cancelling…',

  promptHistory: 'History',
  promptHistoryKeys: (older: string, newer: string) => `Earlier prompts, ${older} and ${newer} in the prompt`,
  promptHistoryEmpty: 'Prompts that you generate from are kept here, in this browser alone.',
  promptHistoryClear: 'Clear the history',
  promptHistoryCleared: 'The history is empty.',
  promptHistoryAt: (position: number, total: number, prompt: string) =>
    `Prompt ${position} of ${total} back: ${prompt}`,
  promptHistoryWritten: (prompt: string) => `What you were writing: ${prompt}`,
  promptNone: 'Without a prompt',

  count: 'Number of pictures',
  countHint: 'Number of pictures; their seeds count up',
  countInvalid: (most: number) => `A whole number from 1 to ${most}.`,
  live: 'Live',
  liveOff: 'Drafts while you write, in one step.',
  liveOn: 'One step, and the seed stays. Generate makes the picture.',
  liveCost: (seconds: string) => `A draft takes ${seconds} s. Generate makes the picture.`,
  draft: 'Draft',
  draftKeep: 'Keep',
  draftReady: 'A draft is there.',

  queue: 'Queue',
  queueLeft: (pictures: number) => `Queue: ${pictures} ${pictures === 1 ? 'picture' : 'pictures'} to make`,
  queuePaused: (pictures: number) => `Paused: ${pictures} ${pictures === 1 ? 'picture' : 'pictures'} to make`,
  queueResume: 'Go on',
  queueResumed: (pictures: number) =>
    `${pictures} ${pictures === 1 ? 'picture' : 'pictures'} that waited ${pictures === 1 ? 'is' : 'are'} being made as well.`,
  queueStopAll: 'Stop all',
  queueStop: 'Stop',
  queueRemove: 'Remove',
  queueEarlier: 'Earlier',
  queueLater: 'Later',
  queueSeed: (seed: string, pictures: number) => (pictures > 1 ? `seeds from ${seed}` : `seed ${seed}`),
  queueDone: (done: number, total: number) => `${done} of ${total}`,
  queueCount: (pictures: number) => `${pictures} pictures`,
  queueAdded: (pictures: number) =>
    `Added to the queue: ${pictures} ${pictures === 1 ? 'picture' : 'pictures'} to make.`,
  queueFailed: (prompt: string, seed: string) => `“${prompt}”, seed ${seed}`,
  queueFailedMore: (orders: number) => `${orders} more ${orders === 1 ? 'order' : 'orders'} failed`,
  titleBusy: (percent: number, pictures: number, page: string) =>
    pictures > 1 ? `${percent} % · ${pictures} to make · ${page}` : `${percent} % · ${page}`,

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
  componentTinyVae: 'Address of a tiny VAE (TAESD), for quick pictures',
  pickFolder: 'Choose a folder…',
  pickFile: 'Choose a file…',
  dropHint: 'Or drop a folder or a .safetensors file anywhere on the page.',
  dropTitle: 'Drop a model, a LoRA or a picture here',
  dropHere: 'A folder in diffusers layout, a .safetensors file, or a PNG whose settings you want',
  /** The name of a button that stands in the row of something: a model, a LoRA, an order. */
  actionOn: (action: string, name: string) => `${action}: ${name}`,
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
  recordPart: (file: string) => `a part of ${file}`,
  recordMissing: (record: string, size: string) => `${record} (${size}) – gone`,
  recordChanged: (record: string, size: string) => `${record} (${size}) – changed`,
  importMended: (records: readonly string[]) =>
    `Some of what had come before was damaged and is fetched again: ${records.join('; ')}.`,
  importBegunAnew: (size: string) =>
    `What had come before (${size}) was kept by another version of Emulsion, which this one cannot go on with: it was deleted, and all of the model is fetched anew.`,
  moreRecords: (count: number) => `and ${count} more`,

  offerLooking: 'Looking at the model…',
  sourceTerm: 'Source',
  sizeTerm: 'Size',
  licenceTerm: 'Licence',
  licenceUnknown: 'None is named here; ask its publisher what you may do with it.',
  licenceRead: 'Read it',
  licenceAccept: 'I have read the licence and keep to it.',
  sizeInBrowser: (size: string) => `${size} in this browser`,
  sizeToFetch: (size: string, fetched: string) => `${size} in this browser, ${fetched} to download`,
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
  'memory.weights': (size: string) => `weights ${size}`,
  'memory.expanded': (size: string) => `weights widened ${size}`,
  'memory.activations': (size: string) => `activations ${size}`,
  'memory.staging': (size: string) => `uploads ${size}`,
  'memory.runtime': (size: string) => `runtime ${size}`,
  'memory.readback': (size: string) => `results ${size}`,
  receiptTitle: 'Memory and time',
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
  paintingBegins: 'Painting begins.',
  ready: (seconds: string) => `The picture is ready after ${seconds} seconds.`,
  readyOf: (done: number, left: number) =>
    `${done} ${done === 1 ? 'picture is' : 'pictures are'} ready, ${left} to make.`,
  readyAll: (pictures: number) => `All ${pictures} pictures are ready.`,
  cancelled: 'Cancelled.',

  progress: 'Progress',
  progressAt: (phase: string, percent: number) => `${phase}, ${percent} %`,
  phaseLoad: 'Loading the model',
  phaseEncode: 'Reading the prompt',
  phaseDenoise: (step: number, steps: number, stage: string | undefined) =>
    `Painting, step ${step} of ${steps}${stage === undefined ? '' : `: ${stage}`}`,
  phaseDecode: 'Developing the picture',

  runsOn: (device: string) => `Runs on ${device}`,
  deviceWasm: (threads: number) => `WASM · ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  deviceNoHardware: 'no hardware WebGPU adapter',
  deviceBecause: (device: string, reason: string) => `${device} — ${reason}`,
  deviceSoftware: (adapter: string) => `${adapter} (software)`,
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
  foundUsed: (used: string, total: string) => `${used} of ${total} used`,
  foundRight: (size: number) => `right, ${size} together`,
  foundWrong: (operations: string) => `wrong: ${operations}`,
  foundUntested: (reason: string) => `could not be tested: ${reason}`,

  offlineReady: 'Ready to work offline',
  updateAvailable: 'Update available',
  reload: 'Reload',
  updating: 'Updating…',

  tryAgain: 'Try again',
  dismiss: 'Dismiss',

  ...loraTexts,
  ...galleryTexts,
  ...formTexts,
  ...helpTexts,
};

/** English. */
export const en: Messages = {
  ui,
  capabilities,
  errors,
  notices: {
    'prompt-editing': ({ found }) =>
      `“${found}” does not change with the steps here: prompt editing and alternation are not supported, and its brackets only weigh what is in them.`,
    'negative-unused': () =>
      'A negative prompt only acts where guidance evaluates the model twice (full, first-step, onetime-negative); it was left out.',
    'guidance-scale-unused': () =>
      'The guidance scale has no effect with guidance off or inside the model; it was left out.',
    'guidance-twice': ({ mode }) =>
      `Guidance is in this model's weights already; ${mode} guides it a second time.`,
    'guidance-rescale-unused': () =>
      'Guidance rescale only acts where guidance evaluates the model twice (full, first-step, onetime-negative); it was left out.',
    'gpu-budget-unused': () =>
      'The GPU memory budget has no effect, because this picture was computed on the CPU (WASM).',
    'model-assumed': ({ assumptions }) =>
      `The model does not say everything about itself; as in SDXL, it was taken to have: ${assumptions.join('; ')}.`,
    'weights-rounded': ({ relativeL2, tensors }) =>
      relativeL2 === 0
        ? 'Rounded to bfloat16, which changed nothing.'
        : `Rounded to bfloat16: the weights changed by ${(100 * relativeL2).toPrecision(2)} % (${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}).`,
    'vae-tiled': ({ tile }) =>
      `Decoding in one piece does not fit the memory budget, so the picture was decoded in tiles of ${tile} pixels; colours may differ slightly.`,
    'vae-encoded-tiled': ({ tile }) =>
      `Encoding the picture to begin from in one piece does not fit the memory budget, so it was encoded in tiles of ${tile} pixels; colours may differ slightly.`,
    'guidance-embedded': ({ scale }) =>
      `This model takes the guidance scale as an input and cannot do without; it was given ${scale}.`,
  },
};
