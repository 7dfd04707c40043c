/** @file The protocol over a real message channel, with a small engine at the far end. */
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, type PlainError } from '../error.ts';
import type { LoraVerdict } from '../lora/verdict.ts';
import { createEngineClient, type EngineWorker } from './client.ts';
import type { DeviceExamination, DeviceReport, PageFacts } from './device-report.ts';
import type { Engine } from './protocol/engine.ts';
import type { GenerateRequest, GenerateResult, Notice, PictureFacts, Progress } from './protocol/generate.ts';
import type { Library, LibraryProgress } from './protocol/library.ts';
import type { LoraDesk } from './protocol/lora-desk.ts';
import type { ModelDescription, ModelReference, TokenCount } from './protocol/model.ts';
import { serveEngine } from './serve.ts';

const REQUEST: GenerateRequest = {
  model: { kind: 'url', url: 'http://localhost/model/' },
  prompt: 'a red apple',
  seed: 2n ** 64n - 1n,
  count: 1,
  guidance: 'auto',
  guidanceScale: 1.5,
  backend: 'wasm',
  precision: 'f32',
  dump: true,
  previews: true,
};

const RESULT_BASE = { model: { id: 'm', name: 'M' }, backend: 'wasm', adapter: 'CPU', sampler: 'turbo' };

const STORAGE = { usedBytes: 1, availableBytes: 2, persisted: false };
const ADDING: LibraryProgress = {
  id: 'a',
  task: 'add',
  doneBytes: 1,
  totalBytes: 9,
  bytesPerSecond: 3,
  secondsLeft: 4,
  elsewhere: false,
};

const REFUSED: LoraVerdict = {
  admitted: false,
  norms: 'measured',
  reasons: [{ rule: 'rank', module: 'a.b', value: 16, limit: 8 }],
  modules: [],
  total: { modules: 0, rank: 0, scale: 0, relative: null },
};

/** Paints a 1×1 "picture" that carries the seed; a prompt can ask for trouble. */
class TestEngine implements Engine {
  sentPng: Uint8Array<ArrayBuffer> | undefined;
  readonly library: Library = {
    list: () => Promise.resolve({ models: [], storage: STORAGE }),
    inspect: () => Promise.reject(new AppError('store/unavailable', { reason: 'no room' })),
    addresses: (model) => Promise.resolve(model.kind === 'url' ? [model.url] : []),
    add: async (_model, _options, { signal, onProgress }) => {
      onProgress?.(ADDING);
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      throw new AppError('engine/cancelled', {});
    },
    verify: (id) => Promise.resolve({ id, records: 2, byteLength: 5, damaged: [] }),
    remove: (id) => Promise.resolve(id.length),
  };

  readonly lora: LoraDesk = {
    inspect: ({ model }, { signal }) =>
      Promise.resolve({ ...REFUSED, admitted: model.kind === 'url' && signal?.aborted === false }),
    measure: () => Promise.resolve({ ...REFUSED, total: { ...REFUSED.total, relative: 0.5 } }),
    adapt: ({ scale }) =>
      Promise.resolve({ verdict: REFUSED, repairs: [], file: new TextEncoder().encode(scale) }),
    check: (_order, { onProgress }) => {
      onProgress?.(1, 3);
      return Promise.resolve({ verdict: REFUSED, trial: null });
    },
  };

  probe(): Promise<DeviceReport> {
    return Promise.resolve({ webgpu: false, threads: 3 } as DeviceReport);
  }

  examine(page: PageFacts): Promise<DeviceExamination> {
    return Promise.resolve({ ...page, wasmSimd: true } as DeviceExamination);
  }

  describe(): Promise<ModelDescription> {
    return Promise.reject(new AppError('weights/not-found', { file: 'unet/config.json', status: 404 }));
  }

  refusals({ prompt }: GenerateRequest, sizes: Parameters<Engine['refusals']>[1]) {
    const gone: PlainError = { code: 'model/unknown', detail: { model: prompt } };
    return Promise.resolve(sizes.map(({ width, height }) => (width > height ? gone : null)));
  }

  countTokens(model: ModelReference, text: string): Promise<TokenCount> {
    return Promise.resolve({ tokens: text.length, limit: model.kind === 'url' ? 75 : 0 });
  }

  async generate(
    request: GenerateRequest,
    handlers: Parameters<Engine['generate']>[1],
  ): Promise<GenerateResult> {
    if (request.prompt === 'hang') {
      await new Promise((resolve) => handlers.signal?.addEventListener('abort', resolve));
      throw new AppError('engine/cancelled', {});
    }
    if (request.prompt === 'start') throw new AppError('runtime/start-failed', { reason: 'no memory' });
    handlers.onProgress?.({ phase: 'denoise', done: 1, total: 2, step: 1, steps: 1 });
    handlers.onNotice?.({ kind: 'negative-unused' });
    handlers.onPreview?.(0, 7, { width: 1, height: 1, data: new Uint8ClampedArray([1, 2, 3, 4]) });
    const shared = new Float32Array([0.25, 0.5]);
    this.sentPng = new Uint8Array([9, 8, 7]);
    const dump = { a: { shape: [2], data: shared }, b: { shape: [1], data: shared.subarray(1) } };
    const image = {
      seed: request.seed,
      width: 1,
      height: 1,
      nonFinite: 0,
      black: false,
      png: this.sentPng,
    };
    handlers.onImage?.(image, RESULT_BASE as unknown as PictureFacts);
    return { ...RESULT_BASE, images: [{ ...image, dump }] } as unknown as GenerateResult;
  }
}

/** Message channels in place of workers; each knows whether it was terminated. */
class Workers {
  readonly engine = new TestEngine();
  readonly started: { port: MessagePort; isTerminated: boolean }[] = [];

  readonly start = (): EngineWorker => {
    const { port1, port2 } = new MessageChannel();
    const worker = { port: port1, isTerminated: false };
    this.started.push(worker);
    serveEngine(this.engine, port2);
    port2.start();
    port1.start();
    return {
      addEventListener: port1.addEventListener.bind(port1) as EngineWorker['addEventListener'],
      postMessage: (command) => port1.postMessage(command),
      terminate: () => {
        worker.isTerminated = true;
        port1.close();
      },
    };
  };

  close(): void {
    for (const { port } of this.started) port.close();
  }
}

describe('engine client', () => {
  let workers: Workers;
  const connect = (): Engine => {
    workers = new Workers();
    return createEngineClient(workers.start);
  };
  afterEach(() => workers.close());

  it('answers from the worker, which starts with the first command and stays', async () => {
    const client = connect();
    expect(workers.started).toHaveLength(0);
    expect(await client.probe()).toEqual({ webgpu: false, threads: 3 });
    expect(await client.examine({ serviceWorker: true })).toEqual({ serviceWorker: true, wasmSimd: true });
    const sides = [
      { width: 2, height: 1 },
      { width: 1, height: 2 },
    ];
    expect(await client.refusals(REQUEST, sides)).toEqual([
      { code: 'model/unknown', detail: { model: REQUEST.prompt } },
      null,
    ]);
    expect(await client.countTokens(REQUEST.model, 'a fox')).toEqual({ tokens: 5, limit: 75 });
    const order = {
      lora: { kind: 'url', url: 'https://a/b.safetensors' },
      model: { kind: 'url', url: 'https://a/' },
    } as const;
    expect(await client.lora.inspect(order, {})).toEqual({ ...REFUSED, admitted: true });
    expect((await client.lora.measure(order, {})).total.relative).toBe(0.5);
    const { file } = await client.lora.adapt({ ...order, scale: 'folded' }, {});
    expect(new TextDecoder().decode(file)).toBe('folded');
    expect(workers.started).toHaveLength(1);
  });

  it('brings progress, previews, notices, pictures and the result, transferring the buffers', async () => {
    const client = connect();
    const progress: Progress[] = [];
    const notices: Notice[] = [];
    const previews: number[][] = [];
    const images: unknown[] = [];
    const result = await client.generate(REQUEST, {
      onProgress: (item) => progress.push(item),
      onNotice: (item) => notices.push(item),
      onImage: ({ png }, { backend }) => images.push([...png, backend]),
      onPreview: (index, step, image) => previews.push([index, step, ...image.data]),
    });
    expect(progress).toEqual([{ phase: 'denoise', done: 1, total: 2, step: 1, steps: 1 }]);
    expect(notices).toEqual([{ kind: 'negative-unused' }]);
    expect(previews).toEqual([[0, 7, 1, 2, 3, 4]]);
    expect(images).toEqual([[9, 8, 7, 'wasm']]);
    const [image] = result.images;
    expect(image?.seed).toBe(2n ** 64n - 1n);
    expect([...(image?.png ?? [])]).toEqual([9, 8, 7]);
    expect([...(image?.dump?.['b']?.data ?? [])]).toEqual([0.5]);
    expect(workers.engine.sentPng?.byteLength).toBe(0);
  });

  it('brings the library: its answers, its errors, and progress until it is paused', async () => {
    const { library } = connect();
    expect(await library.list()).toEqual({ models: [], storage: STORAGE });
    expect(await library.verify('a', {}, {})).toEqual({ id: 'a', records: 2, byteLength: 5, damaged: [] });
    expect(await library.remove('four')).toBe(4);
    expect(await library.addresses({ kind: 'url', url: 'https://host/m/' })).toEqual(['https://host/m/']);
    await expect(library.inspect(REQUEST.model)).rejects.toMatchObject({ code: 'store/unavailable' });
    const controller = new AbortController();
    const heard: LibraryProgress[] = [];
    const adding = library.add(
      REQUEST.model,
      {},
      {
        signal: controller.signal,
        onProgress: (progress) => {
          heard.push(progress);
          controller.abort();
        },
      },
    );
    await expect(adding).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(heard).toEqual([ADDING]);
  });

  it('rebuilds errors with their code and values', async () => {
    const client = connect();
    const error: unknown = await client.describe(REQUEST.model).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'weights/not-found',
      detail: { file: 'unet/config.json', status: 404 },
    });
  });

  it('cancels the command whose signal aborts, and no other', async () => {
    const client = connect();
    const controller = new AbortController();
    const hanging = client.generate({ ...REQUEST, prompt: 'hang' }, { signal: controller.signal });
    const other = client.generate(REQUEST, {});
    controller.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect((await other).images).toHaveLength(1);
  });

  it('starts nothing for a signal that is aborted already', async () => {
    const client = connect();
    const work = client.generate(REQUEST, { signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: 'engine/cancelled' });
  });

  it.each([
    ['error', 'Uncaught RangeError'],
    ['messageerror', 'a message from it could not be read'],
  ])('rejects everything on %s and continues with a fresh worker', async (type, reason) => {
    const client = connect();
    const hanging = [1, 2].map(() => client.generate({ ...REQUEST, prompt: 'hang' }, {}));
    workers.started[0]?.port.dispatchEvent(Object.assign(new Event(type), { message: reason }));
    for (const work of hanging) {
      await expect(work).rejects.toMatchObject({ code: 'engine/crashed', detail: { reason } });
    }
    expect(workers.started[0]?.isTerminated).toBe(true);
    expect((await client.generate(REQUEST, {})).images).toHaveLength(1);
    expect(workers.started).toHaveLength(2);
  });

  it('replaces a worker whose runtime cannot start, without disturbing its other commands', async () => {
    const client = connect();
    const controller = new AbortController();
    const hanging = client.generate({ ...REQUEST, prompt: 'hang' }, { signal: controller.signal });
    const failing = client.generate({ ...REQUEST, prompt: 'start' }, {});
    await expect(failing).rejects.toMatchObject({ code: 'runtime/start-failed' });
    await client.probe();
    expect(workers.started.map(({ isTerminated }) => isTerminated)).toEqual([false, false]);
    controller.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'engine/cancelled' });
    expect(workers.started.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
  });
});
