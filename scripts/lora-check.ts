/**
 * @file `npm run -s lora-check -- FILE`: whether a LoRA may be used with a model, every reason why not, and what it does to
 * test pictures. The answer on stdout is JSON. Exit code 0 when it is admitted, 1 when it is refused.
 */
import path from 'node:path';
import { runCommand } from './headless/command.ts';
import { ENGINE_FLAGS, readEngineFlags } from './headless/engine-flags.ts';
import { checkLoraInPage, resolveLora, type CheckWishes } from './headless/lora.ts';
import { resolveModel } from './headless/model.ts';
import { checkOutputs, writeOutputs } from './headless/outputs.ts';
import { describeTrial, describeVerdict } from './headless/progress.ts';
import { openSession } from './headless/session.ts';
import { defined, readChoice, readWords, UsageError } from './headless/words.ts';
import { trialPage } from './lora-check/page.ts';
import { withoutPictures } from './lora-check/report.ts';

const USAGE = `Usage: npm run -s lora-check -- FILE [--model MODEL] [--policy strict|adapt] [flags]

FILE is a LoRA as a .safetensors file, or its address; adapter_config.json or lora_config.json beside it is read too. Prints
{"admitted", "reasons": [{"rule", "module", "value", "limit"}], "modules", "total", "trial"}.
  --model MODEL        what it is to be used with: a folder, a file, an address or an id. Default: the embedded model
  --policy adapt       repairs it first, as far as that can be done honestly, and prints "repairs" as well; default strict
  --scale fold|clamp   with adapt: a scale above 1 goes into the factors (default), or the LoRA becomes weaker
  --out FILE           with adapt: writes the repaired LoRA
  --config-only        looks at the file alone; otherwise an admitted LoRA is tried in one evaluation of the UNet and in
                       three test pictures, and "trial" tells what it does to them
  --prompt TEXT        of the test pictures (a red apple)
  --weight X           what the LoRA is multiplied by in the trial (1)
  --report FILE.html   writes a page with the figures and the pictures side by side
  --backend, --precision, --vae, --gpu-budget, --ram-budget, --profile, --accept-licence   as for generate
`;

await runCommand(async (command) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const flags = {
    ...ENGINE_FLAGS,
    ...{ policy: text, scale: text, out: text, prompt: text, weight: text, report: text },
    ...{ 'config-only': flag, help: flag },
  };
  const { values, positionals } = readWords(command.words, flags);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const [file, other] = positionals;
  if (file === undefined) throw new UsageError('FILE is missing');
  if (other !== undefined) throw new UsageError(`"${other}" is not expected`);
  const isAdapting = readChoice('policy', values.policy, ['strict', 'adapt']) === 'adapt';
  const scale = readChoice('scale', values.scale, ['fold', 'clamp']);
  const isTrying = values['config-only'] !== true;
  if (!isAdapting && (scale !== undefined || values.out !== undefined))
    throw new UsageError(`--${scale === undefined ? 'out' : 'scale'} goes with --policy adapt`);
  const trialFlag = (['prompt', 'weight', 'report'] as const).find((name) => values[name] !== undefined);
  if (!isTrying && trialFlag !== undefined)
    throw new UsageError(`--${trialFlag} does not go with --config-only`);
  const locate = (name: string | undefined) =>
    name === undefined ? undefined : { name, file: path.resolve(command.folder, name) };
  const [output, report] = [locate(values.out), locate(values.report)];
  await checkOutputs([output, report].filter((one) => one !== undefined));
  const { engine, model: named, ...where } = readEngineFlags(values, command.folder);
  const weight = readWeight(values.weight);
  const wishes: CheckWishes = {
    ...(isAdapting && { repair: scale === 'clamp' ? 'clamped' : 'folded' }),
    ...(isTrying && { trial: { weight, ...defined('prompt', values.prompt), settings: engine } }),
    onVerdict: (verdict) => command.printer.show(describeVerdict(verdict)),
    onProgress: (done, total) => command.printer.show(describeTrial(done, total)),
  };
  const lora = resolveLora(file, command.folder);
  const model = resolveModel(named, command.folder);
  const session = await openSession(command, { ...where, needsWebgpu: engine.backend === 'webgpu' });
  const checked = await command.unlessStopped(checkLoraInPage(session, lora, model, wishes));
  command.printer.end();
  if (output && checked.file.length > 0) await writeOutputs([{ ...output, bytes: checked.file }]);
  if (report)
    await writeOutputs([{ ...report, bytes: Buffer.from(trialPage(path.basename(file), checked)) }]);
  process.stdout.write(`${JSON.stringify(withoutPictures(checked))}\n`);
  command.holds = checked.verdict.admitted;
});

function readWeight(text: string | undefined): number {
  if (text === undefined) return 1;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new UsageError('--weight takes a number');
  return value;
}
