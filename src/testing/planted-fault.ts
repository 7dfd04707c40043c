/** @file For tests: a backend that computes everything as it should, but for one operation whose result is spoiled. */
import type { Program } from '../architecture/program.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';

type Fault = 'NaN' | 'Infinity' | 'zeros';

/** Where the fault is: an operation of a program, every time it runs or only the first. */
interface Plant {
  readonly program: Program;
  readonly operation: string;
  readonly fault: Fault;
  readonly once?: boolean;
}

export interface PlantedBackend {
  readonly backend: Backend;
  /** From here on nothing but this program runs, one job at a time, whole or from its beginning. */
  plant(plant: Plant): void;
  /** Nothing is spoiled any more. */
  clear(): void;
}

/** Wraps a backend; its results pass through, and those of the operation that is planted come out spoiled. */
export function withPlantedFaults(backend: Backend): PlantedBackend {
  let spoil: ((output: Tensor) => Promise<Tensor>) | undefined;
  const passOn = async (result: Promise<Tensor>): Promise<Tensor> => {
    const output = await result;
    return spoil ? spoil(output) : output;
  };
  const wrapped = new Proxy(backend, {
    get(target, name) {
      if (name === 'run') return (...words: Parameters<Backend['run']>) => passOn(target.run(...words));
      if (name === 'groupNorm')
        return (...words: Parameters<Backend['groupNorm']>) => passOn(target.groupNorm(...words));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return {
    backend: wrapped,
    plant({ program, operation, fault, once = false }) {
      const names = program.stages.flatMap(({ operations }) => operations.map(({ name }) => name));
      const place = names.lastIndexOf(operation);
      if (place === -1) throw new Error(`${program.component} has no operation ${operation}`);
      let ran = 0;
      spoil = async (output) => {
        // A run that stops at the fault is followed by one that begins again.
        const isHere = ran++ % names.length === place;
        if (!isHere) return output;
        if (once) spoil = undefined;
        return spoiled(backend, output, fault);
      };
    },
    clear: () => (spoil = undefined),
  };
}

async function spoiled(backend: Backend, output: Tensor, fault: Fault): Promise<Tensor> {
  const values = (await backend.download(output)).slice();
  if (fault === 'zeros') values.fill(0);
  else values[Math.floor(values.length / 2)] = Number(fault);
  backend.free(output);
  return backend.upload(values, output.shape);
}
