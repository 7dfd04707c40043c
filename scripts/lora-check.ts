/**
 * @file `npm run -s lora-check -- FILE`: whether a LoRA may be used with a model, and every reason why not. The answer on
 * stdout is JSON. Exit code 0 when it is admitted, 1 when it is refused.
 */
import path from 'node:path';
import { runCommand } from './headless/command.ts';
import { adaptLoraInPage, inspectLoraInPage, resolveLora } from './headless/lora.ts';
import { resolveModel } from './headless/model.ts';
import { checkOutputs, writeOutputs } from './headless/outputs.ts';
import { openSession } from './headless/session.ts';
import { readChoice, readWords, UsageError } from './headless/words.ts';

const USAGE = `Usage: npm run -s lora-check -- FILE [--model MODEL] [--policy strict|adapt] [flags]

FILE is a LoRA as a .safetensors file, or its address; adapter_config.json or lora_config.json beside it is read too. Prints
{"admitted", "reasons": [{"rule", "module", "value", "limit"}], "modules", "total"}.
  --model MODEL        what it is to be used with: a folder, a file, an address or an id. Default: the embedded model
  --policy adapt       repairs it first, as far as that can be done honestly, and prints "repairs" as well; default strict
  --scale fold|clamp   with adapt: a scale above 1 goes into the factors (default), or the LoRA becomes weaker
  --out FILE           with adapt: writes the repaired LoRA
  --config-only        looks at the file alone, which is all there is to look at so far
  --profile DIR        as for generate
`;

await runCommand(async (command) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const flags = {
    ...{ model: text, policy: text, scale: text, out: text, profile: text },
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
  const { out } = values;
  if (!isAdapting && (scale !== undefined || out !== undefined))
    throw new UsageError(`--${scale === undefined ? 'out' : 'scale'} goes with --policy adapt`);
  const output = out === undefined ? undefined : { name: out, file: path.resolve(command.folder, out) };
  if (output) await checkOutputs([output]);
  const lora = resolveLora(file, command.folder);
  const model = resolveModel(values.model, command.folder);
  const session = await openSession(command, { profile: values.profile });
  if (!isAdapting) {
    const verdict = await command.unlessStopped(inspectLoraInPage(session, lora, model));
    process.stdout.write(`${JSON.stringify(verdict)}\n`);
    command.holds = verdict.admitted;
    return;
  }
  const work = adaptLoraInPage(session, lora, model, scale === 'clamp' ? 'clamped' : 'folded');
  const { verdict, repairs, file: bytes } = await command.unlessStopped(work);
  if (output && bytes.length > 0) await writeOutputs([{ ...output, bytes }]);
  process.stdout.write(`${JSON.stringify({ ...verdict, repairs })}\n`);
  command.holds = verdict.admitted;
});
