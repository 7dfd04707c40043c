/** @file What the page says of LoRAs, in English. */
import type { LoraRepair, LoraRule } from '../../lora/verdict.ts';
import type { TrialConcern } from '../../lora/trial-report.ts';
import { figure } from '../figure.ts';

type Value = string | number;
type ReasonTexts = {
  readonly [R in LoraRule as `loraReason.${R}`]: (module: string, value: Value, limit: Value) => string;
};
/** The same where many modules break a rule. */
type ReasonsTexts = { readonly [R in LoraRule as `loraReasons.${R}`]: (count: number) => string };
type ConcernTexts = {
  readonly [K in TrialConcern['kind'] as `loraConcern.${K}`]: (value: string, limit: string) => string;
};
type RepairCountTexts = {
  readonly [K in LoraRepair['kind'] as `loraDoneCount.${K}`]: (count: number) => string;
};

const reasons: ReasonTexts = {
  'loraReason.format': (module, value, limit) =>
    `${module ? `${module}: this` : 'This'} is no LoRA that can be read. Found: ${value}; wanted: ${limit}.`,
  'loraReason.base': (module, value, limit) =>
    module
      ? `${module}: the model has no such module.`
      : `It was made for another model. Found: ${value}; wanted: ${limit}.`,
  'loraReason.target': (module, value, limit) =>
    `${module} is ${value}, which no LoRA may change. Allowed: ${limit}.`,
  'loraReason.rank': (module, value, limit) =>
    `${module}: its rank is ${figure(value)}, at most ${limit} is allowed.`,
  'loraReason.scale': (module, value, limit) =>
    `${module}: its scale (alpha/rank) is ${figure(value)}, at most ${limit} is allowed.`,
  'loraReason.shape': (module, value, limit) =>
    `${module}: its shape does not fit the model. Found: ${value}; wanted: ${limit}.`,
  'loraReason.finite': (module, value) =>
    `${module}: it holds ${value}, which would make the picture black. The file is broken.`,
};

const manyReasons: ReasonsTexts = {
  'loraReasons.format': (count) => `${count} modules cannot be read as LoRA.`,
  'loraReasons.base': (count) => `${count} modules are not in the model: it was made for another one.`,
  'loraReasons.target': (count) => `${count} modules are of a kind that no LoRA may change.`,
  'loraReasons.rank': (count) => `${count} modules have a rank above 8.`,
  'loraReasons.scale': (count) => `${count} modules have a scale (alpha/rank) above 1.`,
  'loraReasons.shape': (count) => `${count} modules have a shape that does not fit the model.`,
  'loraReasons.finite': (count) =>
    `${count} modules hold NaN or infinity, which would make the picture black. The file is broken.`,
};

const concerns: ConcernTexts = {
  'loraConcern.finite': (value) =>
    `${value} values came out as NaN or infinity: pictures would be black. Do not use it at this weight.`,
  'loraConcern.black': (value, limit) =>
    `${value} of the picture is black, up to ${limit} would be usual here. Try a smaller weight.`,
  'loraConcern.outline': (value, limit) =>
    `The outline of the subject is broken: ${value} of it is closed, ${limit} would be usual here. Try a smaller weight.`,
  'loraConcern.hue': (value, limit) =>
    `The subject is no longer of one colour: ${value} of it has its main hue, ${limit} would be usual here. Try a smaller weight.`,
  'loraConcern.fringe': (value, limit) =>
    `The subject's edge has purple fringes: ${value} of it, up to ${limit} would be usual here. Try a smaller weight.`,
};

const modules = (count: number): string => `${count} ${count === 1 ? 'module' : 'modules'}`;

const repairCounts: RepairCountTexts = {
  'loraDoneCount.left-out': (count) => `${modules(count)} left out`,
  'loraDoneCount.compressed': (count) => `${modules(count)} compressed to rank 8`,
  'loraDoneCount.folded': (count) => `${modules(count)} with a scale that was folded in`,
  'loraDoneCount.clamped': (count) => `${modules(count)} with a scale that was clamped to 1`,
};

/** English. */
export const loraTexts = {
  ...reasons,
  ...manyReasons,
  ...concerns,
  ...repairCounts,

  loras: 'LoRAs',
  lorasOpen: 'LoRAs…',
  lorasHint:
    'A LoRA teaches the model a style or a subject. Each file is looked at before it is used; what breaks a rule is named, and repaired where that can be done honestly.',
  lorasNone: 'No LoRA is here yet. Drop a .safetensors file anywhere on the page, or choose one.',
  lorasNoneOn: 'None is on.',
  lorasShelf: 'On the shelf',
  lorasAdd: 'Add your own',
  lorasOffered: 'Examples',
  loraPick: 'Choose a LoRA…',
  loraDropHint:
    'Or drop it anywhere on the page: one .safetensors file, with its adapter_config.json or lora_config.json if there is one.',
  loraAddNamed: (name: string) => `Add: ${name}`,
  loraAdd: 'Add',
  loraAdding: 'Adding…',
  loraOnShelf: 'On the shelf',
  loraAdded: (name: string) => `“${name}” is on the shelf.`,
  loraKnown: (name: string) => `“${name}” is on the shelf already.`,
  loraUpdated: (name: string) =>
    `“${name}” was on the shelf with other metadata or another config; these take their place.`,
  loraRemoved: (name: string) => `“${name}” is removed.`,
  loraInserted: (name: string) => `“${name}” is in the prompt.`,
  loraRepaired: (name: string) => `“${name}” is repaired.`,
  loraNoFile: 'There is no .safetensors file among these.',
  loraKeepQuota: (needed: number, available: number) =>
    `The browser has no room to keep it (${needed} MiB needed, ${available} MiB free); it stays for this visit only.`,
  loraKeepUnavailable: (reason: string) =>
    `This browser keeps nothing for this page (${reason}); LoRAs stay for this visit only.`,

  loraUsed: (name: string) => `LoRA “${name}”`,
  loraSwitch: (name: string) => `Use ${name}`,
  loraOn: 'On',
  loraWeight: 'Weight',
  loraWeightOf: (name: string) => `Weight of ${name}`,
  loraNoWeight: 'Without effect at 0.',
  loraBase: (base: string) => `made for ${base}`,
  loraTriggers: 'Trigger words',
  loraInsert: 'Insert into prompt',
  loraInsertWords: (words: string) => `Insert into prompt: ${words}`,
  loraUp: 'Earlier',
  loraDown: 'Later',
  loraDownload: 'Download',
  loraDownloadRepaired: 'Download repaired file',
  loraRemove: 'Remove',
  loraRemoveQuestion: (name: string) => `Remove “${name}” from the shelf?`,
  loraThumbnail: (name: string) => `Test picture of ${name}`,

  loraWaits: 'Will be looked at as soon as a model is open.',
  loraLooking: 'Looking at the file…',
  loraAdmitted: 'It keeps all rules and may be used. Test it to see its effect.',
  loraSafe: 'Safe to use: it keeps all rules, and its test found nothing to worry about.',
  loraDoubtful: 'It keeps all rules, but its test gives cause for concern.',
  loraRefused: (count: number) => `Refused, for ${count} ${count === 1 ? 'reason' : 'reasons'}:`,
  loraReasonEnergy: (module: string, kept: Value, limit: Value) =>
    `${module}: a smaller rank would keep only ${kept}, and ${limit} is the least for it to be the same LoRA.`,
  loraMoreReasons: (count: number) => `${count} more`,
  loraTotals: (count: number, rank: string, scale: string) =>
    `${modules(count)} · rank up to ${rank} · scale up to ${scale}`,
  loraMoves: (percent: string) => `moves the weights by ${percent} %`,
  loraNormsDue: 'How much it moves the weights is being measured; there is no need to wait for that.',
  loraNormsRemote:
    'How much it moves the weights is not measured: they lie on another host, and all of them would have to be downloaded for it. Store the model in this browser to see it.',
  loraNormsFailed: (reason: string) => `How much it moves the weights could not be measured. ${reason}`,
  loraFigures: 'Figures of every module',
  loraTotal: (count: number) => `All ${modules(count)}`,
  loraModule: 'Module',
  loraRank: 'Rank',
  loraScale: 'Scale',
  loraRelative: '‖ΔW‖/‖W‖',

  loraRepair: 'Repair',
  loraRepairing: 'Repairing…',
  loraRepairHint: 'A repaired copy takes its place on the shelf; your own file stays as it is.',
  loraBeyondRepair: 'This cannot be repaired without making another LoRA of it.',
  loraScaleChoice: (scale: string) => `What becomes of its scale of ${scale}, which is above 1?`,
  loraFold: 'Fold it in',
  loraFoldHint: 'The factors take what is above 1. It acts exactly as strongly as its maker meant.',
  loraClamp: 'Clamp it',
  loraClampHint: (percent: string) =>
    `The scale becomes 1. It acts more weakly: ${percent} % of what it was.`,
  loraDone: 'What was repaired',
  'loraDone.left-out': (module: string) => `${module}: left out, no LoRA may change it.`,
  'loraDone.compressed': (module: string, rank: string, percent: string) =>
    `${module}: rank ${rank} became 8, which keeps ${percent} % of its energy.`,
  'loraDone.folded': (module: string, scale: string) =>
    `${module}: scale ${scale} was folded into its factors; its effect is the same.`,
  'loraDone.clamped': (module: string, scale: string, percent: string) =>
    `${module}: scale ${scale} was clamped to 1; its effect is ${percent} % of what it was.`,

  loraTest: 'Test',
  loraTesting: 'Testing',
  loraTestPart: (done: string) => `Testing: ${done} %`,
  loraTestGood: 'Tested: nothing to worry about.',
  loraTestConcerns: (count: number) => `Tested: ${count} ${count === 1 ? 'concern' : 'concerns'}.`,
  loraTestMoved: (percent: string) => `It moves one evaluation of the model by ${percent} %.`,
  loraTestWith: (prompt: string, weight: string) => `“${prompt}”, at weight ${weight}.`,
  loraPictureConcern: (number: number, concern: string) => `Picture ${number}: ${concern}`,
  loraPlain: 'without',
  loraAdapted: 'with',
  loraPlainAlt: (number: number) => `Test picture ${number} without the LoRA`,
  loraAdaptedAlt: (number: number) => `Test picture ${number} with the LoRA`,
  loraTestFigures: 'Figures of the test pictures',
  'loraFigure.black': 'black',
  'loraFigure.outline': 'closed outline',
  'loraFigure.hue': 'main hue',
  'loraFigure.fringe': 'purple fringe',
  loraNumber: 'Picture',

  lorasUnknown: (names: string) =>
    `The prompt names LoRAs that are not on the shelf: ${names}. The picture is painted without them; add them, or take their tags out.`,
  lorasMissing: (names: string) =>
    `The picture was painted with LoRAs that are not on the shelf: ${names}. Add them, and it can be repeated.`,
  pictureTake: 'Settings from a PNG…',
  pictureTakeHint: 'Prompt, seed, steps, size and LoRAs of a finished picture. Dropping it does the same.',
  pictureRestored: (file: string) => `The settings of “${file}” are taken over.`,
  pictureOtherModel: (model: string) => `The picture was painted with another model: ${model}.`,
  pictureUseModel: 'Use that model',
  pictureWithoutSettings: (file: string) => `“${file}” holds no settings that could be taken over.`,
};

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** What a language has to provide. */
export type LoraTexts = Texts<typeof loraTexts>;
