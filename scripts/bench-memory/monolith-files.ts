/** @file Writes a model's networks as one ONNX file each, with a file of weights beside it. */
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildClip } from '../../src/architecture/clip.ts';
import type { Program, WeightSpec } from '../../src/architecture/program.ts';
import { buildUnet } from '../../src/architecture/unet.ts';
import { buildVaeDecoder } from '../../src/architecture/vae.ts';
import { openModel } from '../../src/engine/model.ts';
import { f32FromBf16 } from '../../src/weights/bf16.ts';
import { requireWeights } from '../../src/weights/checkpoint.ts';
import { folderCheckpoint } from '../../src/weights/folder-checkpoint.ts';
import type { ModelSource } from '../../src/weights/source.ts';
import { storedName } from '../../src/weights/stored-names.ts';
import type { WeightSet } from '../../src/weights/weight-set.ts';
import { monolith } from './monolith-graph.ts';

/** A network on disk. Its model is `NAME.onnx` and its weights are `NAME.bin`, whose name the model knows. */
export interface MonolithPart {
  readonly name: string;
  /** Shapes by input. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** How often it runs for a picture. */
  readonly runs: number;
}

/** Writes all networks of the model in `folder` into `target`, for square pictures of a size. */
export async function writeMonoliths(
  folder: string,
  target: string,
  { side, steps }: { side: number; steps: number },
): Promise<MonolithPart[]> {
  const checkpoint = folderCheckpoint(diskSource(folder));
  const model = await openModel(checkpoint);
  const size = { height: side / model.vae.factor, width: side / model.vae.factor };
  const tokens = model.encoders[0].tokenizer.maxLength;
  const programs: (readonly [Program, number])[] = [
    ...model.encoders.map(
      ({ config, component, tokenizer }) => [buildClip(config, component, tokenizer.maxLength), 1] as const,
    ),
    [buildUnet(model.unet, { batch: 1, ...size, tokens }), steps],
    [buildVaeDecoder(model.vae, size), 1],
  ];
  await mkdir(target, { recursive: true });
  const parts: MonolithPart[] = [];
  for (const [program, runs] of programs) {
    const name = program.component;
    const { model: bytes, weights } = monolith(program, `${name}.bin`);
    await writeFile(path.join(target, `${name}.onnx`), bytes);
    await writeWeights(path.join(target, `${name}.bin`), await requireWeights(checkpoint, name), weights);
    const inputs = Object.entries(program.inputs).map(([input, { shape }]) => [input, shape] as const);
    parts.push({ name, inputs: Object.fromEntries(inputs), runs });
  }
  return parts;
}

async function writeWeights(file: string, set: WeightSet, specs: readonly WeightSpec[]): Promise<void> {
  const stream = createWriteStream(file);
  for (const { name, shape, transposed } of specs) {
    const [bits = new Uint16Array()] = await set.read([{ name: storedName(set, name), shape }]);
    const values = f32FromBf16(bits);
    const bytes = new Uint8Array((transposed ? turned(values, shape) : values).buffer);
    await new Promise<void>((resolve, reject) =>
      stream.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
  }
  await new Promise<void>((resolve) => stream.end(resolve));
}

/** [rows, columns] → [columns, rows]. */
function turned(values: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column] as number;
  return result;
}

/** The files of a folder on this machine. */
function diskSource(folder: string): ModelSource {
  return {
    label: folder,
    async open(name) {
      const file = path.join(folder, name);
      if (!existsSync(file)) return undefined;
      if (!name.endsWith('.safetensors')) {
        const bytes = new Uint8Array(await readFile(file));
        return {
          path: name,
          size: bytes.length,
          read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
        };
      }
      return {
        path: name,
        size: statSync(file).size,
        async read(offset, length) {
          const handle = await open(file);
          try {
            const bytes = new Uint8Array(length);
            await handle.read(bytes, 0, length, offset);
            return bytes;
          } finally {
            await handle.close();
          }
        },
      };
    },
  };
}
