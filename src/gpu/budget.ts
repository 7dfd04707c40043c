/**
 * @file How much memory is used when nobody says: WebGPU does not tell how much a device has, so a rule decides by
 * the class of the adapter and by the memory the browser tells of. `docs/memory.md` gives the reasons.
 */
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** What the rule goes by. */
export interface BudgetFacts {
  /** Computes on the CPU, in the page's own memory. */
  readonly software: boolean;
  /** `GPUAdapterInfo`'s names, lower case, empty where the browser hides them. */
  readonly vendor: string;
  readonly architecture: string;
  /** The adapter's `maxBufferSize`. */
  readonly maxBufferBytes: number;
  /** `navigator.deviceMemory` in GiB, rounded and capped by the browser; absent in some. */
  readonly deviceMemory: number | undefined;
}

/** What decided: the class of the adapter, the memory of the machine, or the adapter's largest buffer. */
export type GpuBudgetRule = 'card' | 'shared' | 'software' | 'phone' | 'little-memory' | 'small-buffers';

/** What decided: a share of the memory told of, the same of what most machines have, or the least that is of use. */
export type RamBudgetRule = 'share' | 'assumed' | 'least';

export interface Budget<Rule> {
  readonly bytes: number;
  readonly rule: Rule;
}

/** What most machines have where the browser does not tell. */
const USUAL_MEMORY = 8;
const OWN_MEMORY = 4 * GIB;
const SHARED_MEMORY = 3 * GIB;
const PHONE_MEMORY = GIB;
const LEAST_RAM = 256 * MIB;

/** The GPU memory used by default. */
export function defaultGpuBudget(facts: BudgetFacts): Budget<GpuBudgetRule> {
  const { maxBufferBytes, deviceMemory = USUAL_MEMORY } = facts;
  const byClass = classBudget(facts);
  const memory = (deviceMemory * GIB) / 2;
  const bounds: readonly Budget<GpuBudgetRule>[] = [
    byClass,
    ...(byClass.rule === 'card' ? [] : [{ bytes: memory, rule: 'little-memory' } as const]),
    // Devices that refuse buffers of more than the guaranteed 256 MiB are small ones.
    { bytes: Math.max(GIB, 8 * maxBufferBytes), rule: 'small-buffers' },
  ];
  return bounds.reduce((least, bound) => (bound.bytes < least.bytes ? bound : least));
}

/** The page's memory that weights are kept in by default: a quarter of the machine's. */
export function defaultRamBudget(deviceMemory: number | undefined): Budget<RamBudgetRule> {
  const bytes = ((deviceMemory ?? USUAL_MEMORY) * GIB) / 4;
  if (bytes < LEAST_RAM) return { bytes: LEAST_RAM, rule: 'least' };
  return { bytes, rule: deviceMemory === undefined ? 'assumed' : 'share' };
}

function classBudget({ vendor, architecture, software }: BudgetFacts): Budget<GpuBudgetRule> {
  if (hasOwnMemory(vendor, architecture) && !software) return { bytes: OWN_MEMORY, rule: 'card' };
  if (isPhone(vendor)) return { bytes: PHONE_MEMORY, rule: 'phone' };
  return { bytes: SHARED_MEMORY, rule: software ? 'software' : 'shared' };
}

/** Graphics cards; AMD's and Intel's are told from their processors' graphics where the architecture says so. */
function hasOwnMemory(vendor: string, architecture: string): boolean {
  return vendor === 'nvidia' || vendor === 'amd' || /^xe-\d?hpg/.test(architecture);
}

function isPhone(vendor: string): boolean {
  return ['arm', 'qualcomm', 'img-tec', 'samsung'].includes(vendor);
}
