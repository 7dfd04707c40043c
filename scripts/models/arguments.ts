/** @file The command line of `npm run models`, read as strictly as that of `npm run generate`. */
import path from 'node:path';
import { COMPONENT_FLAG, readComponents, type ComponentPlaces } from '../headless/components.ts';
import { defined, readWords, UsageError } from '../headless/words.ts';

interface Common {
  readonly json: boolean;
  /** Absolute path of the browser profile. */
  readonly profile?: string;
}

export interface AddCommand extends Common {
  readonly kind: 'add';
  /** A catalog id, a folder, a file or an address, as typed. */
  readonly model: string;
  /** Parts of it from elsewhere. */
  readonly components?: ComponentPlaces;
  /** The name to store it under. */
  readonly id?: string;
  readonly acceptsLicence: boolean;
}

export interface VerifyCommand extends Common {
  readonly kind: 'verify';
  readonly id: string;
  /** Fetch what is damaged again. */
  readonly repair: boolean;
  /** Where from, as typed; and what of it comes from elsewhere. */
  readonly source?: string;
  readonly components?: ComponentPlaces;
}

export interface RemoveCommand extends Common {
  readonly kind: 'remove';
  readonly id: string;
}

interface ListCommand extends Common {
  readonly kind: 'list';
}

/** What is to be done with the models. */
export type ModelsOrder = ListCommand | AddCommand | VerifyCommand | RemoveCommand;

export const HELP = `Usage: npm run -s models -- list | add MODEL | verify ID | remove ID [flags]

Models in the browser profile of the command line, which "generate --model ID" finds without a network.
  list                       what is stored, and how much room there is
  add ID|FOLDER|FILE|URL     store a model: of the catalog, of this disk, or from its address; stopped with Ctrl-C, the
                             same command goes on where it was
    --component NAME=PLACE   its unet, vae, tiny_vae, text_encoder or text_encoder_2 from elsewhere: of what add takes,
                             or from the component's own folder or file; may be given for several
    --id NAME                the name to store it under; absent: from its address or file
    --accept-licence         you have read the licence, which limits the use of the model, and keep to it
  verify ID                  compare every record with what was stored
    --repair                 fetch again what is damaged, and nothing else
    --source ID|FOLDER|FILE|URL
                             where from; absent: where the model came from. --component NAME=PLACE as for add
  remove ID                  delete a model; records that others use stay

  --json                     the result as one object on stdout
  --profile DIR              the browser profile to use
  --help                     this list

Exit code 0 on success, 1 on failure (verify: damage that is left), 2 on wrong usage.
`;

const TASKS = ['list', 'add', 'verify', 'remove'] as const;
type Task = (typeof TASKS)[number];

const COMMON_FLAGS = {
  json: { type: 'boolean' },
  profile: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
const TASK_FLAGS = {
  list: {},
  add: { ...COMPONENT_FLAG, id: { type: 'string' }, 'accept-licence': { type: 'boolean' } },
  verify: { ...COMPONENT_FLAG, repair: { type: 'boolean' }, source: { type: 'string' } },
  remove: {},
} as const;
const FLAGS = { ...COMMON_FLAGS, ...TASK_FLAGS.add, ...TASK_FLAGS.verify } as const;

/**
 * Reads the command line.
 * @param argv the words after the program's name
 * @param folder absolute path of the folder that relative names start from
 * @throws UsageError
 */
export function parseArguments(
  argv: readonly string[],
  folder: string,
): ModelsOrder | { readonly kind: 'help' } {
  const { values, positionals } = readWords(argv, FLAGS);
  if (values.help) return { kind: 'help' };
  const [word, ...names] = positionals;
  const task = TASKS.find((candidate) => candidate === word);
  if (task === undefined) {
    throw new UsageError(
      `one of ${TASKS.join(', ')} is needed${word === undefined ? '' : `; not "${word}"`}`,
    );
  }
  const stray = Object.keys(values).find((name) => !(name in COMMON_FLAGS || name in TASK_FLAGS[task]));
  if (stray !== undefined) throw new UsageError(`${task} takes no --${stray}`);
  const name = readName(task, names);
  const common = {
    json: values.json ?? false,
    ...defined('profile', values.profile && path.resolve(folder, values.profile)),
  };
  const components = defined('components', readComponents(values.component));
  switch (task) {
    case 'list':
      return { kind: 'list', ...common };
    case 'add': {
      const acceptsLicence = values['accept-licence'] ?? false;
      return {
        kind: 'add',
        model: name,
        acceptsLicence,
        ...components,
        ...defined('id', values.id),
        ...common,
      };
    }
    case 'verify': {
      const repair = values.repair ?? false;
      if (values.source !== undefined && !repair)
        throw new UsageError('--source says where to repair from; it needs --repair');
      if (values.component !== undefined && values.source === undefined)
        throw new UsageError('--component says what of --source comes from elsewhere; it needs --source');
      return {
        kind: 'verify',
        id: name,
        repair,
        ...components,
        ...defined('source', values.source),
        ...common,
      };
    }
    case 'remove':
      return { kind: 'remove', id: name, ...common };
  }
}

/** The one model a task is about; `''` for the list. */
function readName(task: Task, names: readonly string[]): string {
  const [name = '', ...others] = names;
  if (task === 'list' ? names.length > 0 : name === '' || others.length > 0)
    throw new UsageError(task === 'list' ? 'list takes no model' : `${task} takes one model`);
  return name;
}
