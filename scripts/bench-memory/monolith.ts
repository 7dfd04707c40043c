/** @file The first and the next picture in a fresh page: by the engine, and by ONNX Runtime Web on whole graphs. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ResolvedModel } from '../headless/model.ts';
import { paintInPage, type PictureOrder } from '../headless/paint.ts';
import type { PageAnswer, Session } from '../headless/session.ts';
import { writeMonoliths, type MonolithPart } from './monolith-files.ts';

/** Memory in bytes; `firstMs` is all from an open page to the end of the first picture. */
export interface OwnRun {
  readonly name: string;
  readonly firstMs: number;
  readonly nextMs: number;
  /** `null` where there is no GPU. */
  readonly gpuPeakBytes: number | null;
  readonly wasmHeapBytes: number;
}

/** Running out of something is a result. */
export type MonolithRun = OwnRun | { readonly name: string; readonly failed: string };

/** Two pictures by the engine. */
export async function paintOwn(
  session: Session,
  model: ResolvedModel,
  { name, order }: { name: string; order: PictureOrder },
): Promise<OwnRun> {
  const started = performance.now();
  const first = await paintInPage(session, model, order);
  const between = performance.now();
  const next = await paintInPage(session, model, order);
  return {
    name,
    firstMs: between - started,
    nextMs: performance.now() - between,
    gpuPeakBytes: first.gpu && Math.max(first.gpu.peakBytes, next.gpu?.peakBytes ?? 0),
    wasmHeapBytes: next.wasmHeapBytes ?? 0,
  };
}

export interface MonolithOrder {
  readonly name: string;
  readonly backend: 'webgpu' | 'wasm';
  /** The model, in the diffusers layout. */
  readonly folder: string;
  /** Where its graphs may be written. */
  readonly target: string;
  readonly side: number;
  readonly steps: number;
}

/** The networks of two pictures by ONNX Runtime alone, every network one graph; samplers and PNGs cost nothing here. */
export async function paintMonolith(session: Session, order: MonolithOrder): Promise<MonolithRun> {
  const { name, backend, folder, target } = order;
  const parts = await writeMonoliths(folder, target, order);
  const library = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  session.serve({ '/onnxruntime/': `${library}/`, '/monolith/': `${target}/` });
  try {
    return { name, ...(await session.call(runParts, { parts, backend })) };
  } catch (error) {
    return { name, failed: error instanceof Error ? error.message : String(error) };
  }
}

type PageTensor = object;
interface PageSession {
  run(feeds: object): Promise<object>;
}
interface PageOrt {
  readonly env: { readonly wasm: { wasmPaths?: string; numThreads?: number }; logLevel?: string };
  readonly Tensor: new (type: string, data: ArrayLike<number>, shape: readonly number[]) => PageTensor;
  readonly InferenceSession: {
    create(address: string, options: object): Promise<PageSession>;
  };
}

/** Runs inside the page; it can use nothing of this file but types. */
async function runParts({
  parts,
  backend,
}: {
  parts: readonly MonolithPart[];
  backend: 'webgpu' | 'wasm';
}): Promise<PageAnswer<Omit<OwnRun, 'name'>>> {
  const memories: WebAssembly.Memory[] = [];
  const Original = WebAssembly.Memory;
  WebAssembly.Memory = class extends Original {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  let [liveBytes, peakBytes] = [0, 0];
  const countBuffers = (device: GPUDevice): void => {
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      liveBytes += descriptor.size;
      peakBytes = Math.max(peakBytes, liveBytes);
      let open = true;
      buffer.destroy = () => {
        if (open) liveBytes -= descriptor.size;
        open = false;
        destroy();
        return undefined;
      };
      return buffer;
    };
  };
  const started = performance.now();
  const build = backend === 'wasm' ? 'wasm' : 'Suspending' in WebAssembly ? 'jspi' : 'webgpu';
  const ort = (await import(`/onnxruntime/ort.${build}.min.mjs`)) as PageOrt;
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmPaths = '/onnxruntime/';
  ort.env.wasm.numThreads = backend === 'wasm' ? Math.min(8, navigator.hardwareConcurrency) : 1;
  let provider: object | string = 'wasm';
  if (backend === 'webgpu') {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) throw new Error('there is no adapter');
    const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
    const device = await adapter.requestDevice({
      requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
    });
    countBuffers(device);
    provider = { name: 'webgpu', device };
  }
  const sessions: PageSession[] = [];
  for (const { name } of parts) {
    const externalData = [{ path: `${name}.bin`, data: `/monolith/${name}.bin` }];
    const options = { executionProviders: [provider], externalData };
    sessions.push(await ort.InferenceSession.create(`/monolith/${name}.onnx`, options));
  }
  const paint = async (): Promise<void> => {
    for (const [i, { inputs, runs }] of parts.entries()) {
      const feeds: Record<string, PageTensor> = {};
      for (const [name, shape] of Object.entries(inputs)) {
        const length = shape.reduce((product, size) => product * size, 1);
        const isIndex = name === 'position' || /^(rows|columns)\./.test(name);
        const data = isIndex ? new Int32Array(length) : new Float32Array(length).fill(0.1);
        feeds[name] = new ort.Tensor(isIndex ? 'int32' : 'float32', data, shape);
      }
      for (let run = 0; run < runs; run++) await sessions[i]?.run(feeds);
    }
  };
  await paint();
  const firstMs = performance.now() - started;
  const before = performance.now();
  await paint();
  const value = {
    firstMs,
    nextMs: performance.now() - before,
    gpuPeakBytes: backend === 'webgpu' ? peakBytes : null,
    wasmHeapBytes: memories[0]?.buffer.byteLength ?? 0,
  };
  return { value };
}
