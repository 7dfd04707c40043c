/**
 * @file Reads what a `.safetensors` file has of LoRA: which modules, and which of its tensors are the two factors and
 * alpha of each, in the spellings of kohya's scripts, PEFT, and diffusers today and in 2023. What is something else is
 * told by name, as a reason against the file.
 */
import { toPlainError } from '../error.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import type { SafetensorsHeader, TensorInfo } from '../weights/safetensors-header.ts';
import { elementCount, shapeText } from '../weights/shape.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import { otherBase, otherKind, statedOtherBase } from './adapter-kinds.ts';
import { fits, knownBases, type FileModule } from './known-bases.ts';
import type { Module, ModuleTable } from './module-table.ts';
import type { LoraReason } from './verdict.ts';

type Part = 'down' | 'up' | 'alpha';

/** Ends of tensor names; a module's name is what is before. */
const PARTS: readonly (readonly [end: string, part: Part])[] = [
  ['.lora_down.weight', 'down'],
  ['.lora_up.weight', 'up'],
  ['.lora_A.weight', 'down'],
  ['.lora_B.weight', 'up'],
  ['.lora_A.default.weight', 'down'],
  ['.lora_B.default.weight', 'up'],
  ['.lora.down.weight', 'down'],
  ['.lora.up.weight', 'up'],
  ['_lora.down.weight', 'down'],
  ['_lora.up.weight', 'up'],
  ['.lora_linear_layer.down.weight', 'down'],
  ['.lora_linear_layer.up.weight', 'up'],
  ['.alpha', 'alpha'],
];
const FLOATS: readonly string[] = ['F32', 'F16', 'BF16'];
/** diffusers' conversion to kohya's names writes whole numbers. */
const NUMBERS: readonly string[] = [...FLOATS, 'F64', 'I64', 'I32'];

/** The factors that are added to one module: ΔW = scale · up × down. */
export interface LoraModule {
  readonly module: Module;
  /** [rank, in]; for convolutions [rank, in, height, width]. */
  readonly down: TensorInfo;
  /** [out, rank]; for convolutions [out, rank, 1, 1]. */
  readonly up: TensorInfo;
  readonly alpha: TensorInfo | undefined;
}

export interface LoraFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** Complete modules that the model has. */
  readonly modules: readonly LoraModule[];
  /** What is wrong with the file as such: rules `format` and `base`. */
  readonly reasons: readonly LoraReason[];
}

/**
 * Reads the header of a file; nothing of its values.
 * @throws AppError what reading the file throws, but for what is wrong inside of it
 */
export async function readLoraFile(
  file: RandomAccessFile,
  table: ModuleTable,
  signal?: AbortSignal,
): Promise<LoraFile> {
  let header: SafetensorsHeader;
  try {
    header = await readSafetensorsHeader(file, signal);
  } catch (error) {
    const plain = toPlainError(error);
    if (plain.code !== 'weights/header-invalid') throw error;
    return { metadata: {}, modules: [], reasons: [format('', plain.detail.reason, 'a .safetensors file')] };
  }
  const { tensors, metadata } = header;
  const { named, repeated, strangers } = sortTensors(tensors);
  const modules = new Map<Module, LoraModule>();
  const reasons = [...strangers, ...baseReasons(tensors, metadata)];
  const isOtherBase = reasons.some(({ rule }) => rule === 'base');
  const unknown: LoraReason[] = [];
  for (const [name, parts] of named) {
    const module = table.find(name);
    const path = module?.path ?? name;
    const broken = repeated.has(name) ? [twice(path)] : brokenParts(path, parts);
    reasons.push(...broken);
    if (!module)
      unknown.push({ rule: 'base', module: name, value: 'not in the model', limit: 'a module of the model' });
    else if (modules.has(module)) reasons.push(twice(path));
    else if (broken.length === 0) modules.set(module, { module, ...(parts as Factors) });
  }
  if (reasons.length === 0 && unknown.length === 0 && modules.size === 0)
    reasons.push(format('', 'no LoRA tensors', 'at least one module'));
  const strange = isOtherBase ? [] : (madeFor(named, table) ?? summed(unknown, named.size));
  return { metadata, modules: [...modules.values()], reasons: [...reasons, ...strange] };
}

type Parts = Partial<Record<Part, TensorInfo>>;
type Factors = Pick<LoraModule, 'down' | 'up' | 'alpha'>;

function sortTensors(tensors: ReadonlyMap<string, TensorInfo>) {
  const named = new Map<string, Parts>();
  // The same name with the parts of two writers.
  const repeated = new Set<string>();
  const kinds = new Map<string, number>();
  const note = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  for (const [tensor, info] of tensors) {
    const [end, part] = PARTS.find(([ending]) => tensor.endsWith(ending)) ?? [];
    const kind = otherKind(tensor);
    if (kind !== undefined) note(kind);
    else if (end === undefined || part === undefined) note('tensors that belong to no LoRA');
    else {
      const name = tensor.slice(0, -end.length);
      const parts = named.get(name) ?? {};
      if (parts[part]) repeated.add(name);
      parts[part] = info;
      named.set(name, parts);
    }
  }
  // Alpha beside another kind's tensors says nothing of its own.
  if (kinds.size > 0) for (const [name, { down, up }] of named) if (!down && !up) named.delete(name);
  const strangers = [...kinds].map(([kind, count]) => format('', `${kind} (${count})`, 'LoRA alone'));
  return { named, repeated, strangers };
}

function baseReasons(
  tensors: ReadonlyMap<string, TensorInfo>,
  metadata: Readonly<Record<string, string>>,
): LoraReason[] {
  const bases = new Set([...tensors.keys()].flatMap((tensor) => otherBase(tensor) ?? []));
  const stated = bases.size === 0 ? statedOtherBase(metadata) : undefined;
  return [...bases, ...(stated === undefined ? [] : [stated])].map((value) => ({
    ...{ rule: 'base', module: '', value, limit: 'SDXL' },
  }));
}

/** Prefixes of modules that are no UNet's. */
const TEXT_MODULE = /^(lora_te\d?_|text_encoder)/;

/**
 * The model that a file was made for, where that is another one than the open one and its UNet's modules tell which. One made for
 * SDXL is told by what does not fit, unless the open model lacks modules of it.
 */
function madeFor(named: ReadonlyMap<string, Parts>, table: ModuleTable): LoraReason[] | undefined {
  const modules = [...named].flatMap(([name, { down, up }]): FileModule[] =>
    TEXT_MODULE.test(name) ? [] : [{ name, inner: down?.shape[1], out: up?.shape[0] }],
  );
  if (modules.every((module) => fits(module, table))) return undefined;
  const isLacking = modules.some(({ name }) => !table.find(name));
  const bases = knownBases(modules).filter((base) => isLacking || base !== 'SDXL');
  if (bases.length === 0) return undefined;
  return [{ rule: 'base', module: '', value: bases.join(', '), limit: 'modules of the model' }];
}

/** A file of which the model has nothing is one thing to say, not as many as it has modules. */
function summed(unknown: readonly LoraReason[], all: number): readonly LoraReason[] {
  if (unknown.length < all || all <= 1) return unknown;
  return [
    {
      rule: 'base',
      module: '',
      value: `none of its ${all} modules is in the model`,
      limit: 'modules of the model',
    },
  ];
}

function brokenParts(module: string, { down, up, alpha }: Parts): LoraReason[] {
  if (!down || !up) return [format(module, `only ${down ? 'down' : up ? 'up' : 'alpha'}`, 'down and up')];
  const odd = [down, up].find(({ dtype }) => !FLOATS.includes(dtype));
  if (odd) return [format(module, odd.dtype, FLOATS.join(', '))];
  if (alpha && !NUMBERS.includes(alpha.dtype))
    return [format(module, `alpha of type ${alpha.dtype}`, NUMBERS.join(', '))];
  if (alpha && elementCount(alpha.shape) !== 1)
    return [format(module, `alpha of shape ${shapeText(alpha.shape)}`, 'one number')];
  return [];
}

function twice(module: string): LoraReason {
  return format(module, 'there twice, under two names', 'once');
}

function format(module: string, value: string, limit: string): LoraReason {
  return { rule: 'format', module, value, limit };
}
