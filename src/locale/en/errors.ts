/**
 * @file The sentences for failures in English: what is wrong, where, and what to do. They read the same on the page and
 * on the command line.
 */
import type { ErrorCode, ErrorDetails, Finding, PictureName } from '../../error.ts';
import { figure } from '../figure.ts';
import { limitAmount } from '../limit-amount.ts';

/** A sentence for every code. */
export type ErrorSentences = { readonly [C in ErrorCode]: (detail: ErrorDetails[C]) => string };

/** English. */
export const errors: ErrorSentences = {
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
    `“${file}” is not the published file: its SHA-256 differs. Nothing of it is kept; get it from its publisher.`,
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
  'store/format': ({ model }) =>
    `The stored model “${model}” was kept by another version of Emulsion, and this one cannot read it. Use the newest version (reload the page), or delete the model and add it again.`,
  'store/deleted': ({ model }) =>
    `The stored model “${model}” was deleted while it was in use. Choose another model, or add it again.`,
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
  'gallery/full': ({ neededMiB }) =>
    `The picture was not kept: the browser has no room for ${neededMiB} MiB more. Download it, or delete pictures or models that you no longer need and try again.`,
  'gallery/unavailable': ({ reason }) =>
    `This browser keeps no pictures here: ${reason}. Download those that you want to keep.`,
  'gallery/damaged': () =>
    'The file of this picture is damaged or gone; the browser may have cleared it. Delete it, or make it again from its settings.',
  'gallery/no-settings': () =>
    'The picture holds no settings that can be read. Choose a PNG as a generator saved it.',
  'gallery/archive-invalid': ({ file, reason }) =>
    `“${file}” cannot be read as a zip file: ${reason}. Choose an archive of pictures, or PNG files.`,
  'request/size': ({ width, height, multiple }) =>
    `A picture of ${width}×${height} pixels is not possible with this model. Use multiples of ${multiple}.`,
  'request/invalid': ({ field, value, expected }) =>
    `The value “${value}” for ${field} is not valid: expected ${expected}.`,
  'request/budget': ({ width, height, limitMiB, neededMiB, fits }) =>
    `A picture of ${width}×${height} needs ${neededMiB} MiB of GPU memory, the budget is ${limitMiB} MiB. ${fits ? `Raise the budget, or choose ${fits} or less.` : 'Raise the budget.'}`,
  'request/buffer': ({ width, height, limitMiB, neededMiB, fits }) =>
    `A picture of ${width}×${height} needs a buffer of ${neededMiB} MiB, more than the ${limitMiB} MiB that this GPU gives in one piece. ${fits ? `Choose ${fits} or less, or the WASM backend.` : 'Choose the WASM backend.'}`,
  'request/heap': ({ width, height, limitMiB, neededMiB, fits }) =>
    `A picture of ${width}×${height} needs ${neededMiB} MiB of WASM memory, more than the ${limitMiB} MiB there may be. ${fits ? `Choose ${fits} or less` : 'Choose another way of decoding'}, or the WebGPU backend.`,
  'request/prompt-length': ({ tokens, fits, neededMiB, limitMiB }) =>
    `A prompt of up to ${tokens} tokens needs ${neededMiB} MiB of memory, of which there may be ${limitMiB} MiB. Shorten it to ${fits} tokens or less.`,
  'request/init-noise': ({ reason }) =>
    `The initial noise cannot be used: ${reason}. Give a safetensors file whose tensors fit the model and the size.`,
  'lora/refused': ({ file, rule, module, value, limit, others, repairable }) =>
    `The LoRA “${file}” is refused: ${rule}${module === '' ? '' : ` of ${module}`}: ${figure(value)}, ${typeof limit === 'number' ? 'at most' : 'wanted:'} ${figure(limit)}${others === 0 ? '' : `, and ${others} more ${others === 1 ? 'reason' : 'reasons'}`}. ${repairable ? 'Have it repaired (--lora-policy adapt on the command line), or paint without it.' : 'It cannot be repaired: get another one, or paint without it.'}`,
  'request/init-image': ({ reason }) =>
    `The picture to begin from cannot be used: ${reason}. Give a PNG, JPEG or WebP file.`,
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
  'image/not-finite': ({ count, of, least, greatest, wouldBeBlack, ...finding }) =>
    `${subjectOf(finding.picture)} ${wouldBeBlack ? 'would be black' : 'came out broken'}: ${count} of ${of} values are not finite numbers in ${placeOf(finding)}${least === null || greatest === null ? '' : `; the others lie between ${figure(least)} and ${figure(greatest)}`}. ${remedyFor(finding)}`,
  'image/zeros': (finding) =>
    `${subjectOf(finding.picture)} came out broken: nothing but zeros in ${placeOf(finding)}. ${remedyFor(finding)}`,
  'image/uniform': ({ colour, picture }) =>
    `${subjectOf(picture)} came out empty: every pixel has the colour ${colour}. Try another seed or another prompt.`,
  'image/png-invalid': ({ reason }) =>
    `The file is not a usable PNG picture: ${reason}. Choose another file.`,
  'output/unwritable': ({ file, reason }) =>
    `“${file}” cannot be written: ${reason}. Choose another place for the output.`,
  'browser/not-found': ({ reason }) =>
    `No usable browser was found: ${reason}. Install Chrome, Chromium or Edge, or set EMULSION_BROWSER to one.`,
  'engine/cancelled': () => 'The work was cancelled.',
  'engine/crashed': ({ reason }) =>
    `The engine stopped unexpectedly: ${reason}. Try again; if memory is short, choose a smaller size.`,
  'engine/internal': ({ reason }) => `Something is wrong in the program itself: ${reason}. Please report it.`,
};

function subjectOf(picture: PictureName | null): string {
  if (!picture) return 'The picture';
  const { seed, variationSeed, number, count } = picture;
  const seeds = `seed ${seed}${variationSeed === null ? '' : `, variation seed ${variationSeed}`}`;
  return count === 1 ? `The picture (${seeds})` : `Picture ${number} of ${count} (${seeds})`;
}

function placeOf({ network, stage, operation, step }: Finding): string {
  const names = operation?.startsWith(stage)
    ? [operation]
    : [stage, ...(operation === null ? [] : [operation])];
  return `${network} ${[...names, ...(step === null ? [] : [`step ${step}`])].join(', ')}`;
}

function remedyFor({ isRepeated, precision }: Finding): string {
  if (isRepeated === null)
    return 'It could not be computed again to look closer. Try again, or use another backend.';
  if (!isRepeated)
    return 'The same came out right when it was computed again, so the device made a mistake. Try again.';
  if (precision === 'f16') return 'Numbers in f16 end at 65504. Choose bf16 or f32.';
  return 'Check that the model is intact, or use another backend.';
}
