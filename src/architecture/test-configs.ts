/** @file For tests: real configs with fields changed, and what it means for a config to be refused. */
import { expect } from 'vitest';
import { Config } from './config.ts';
import checkpoints from './golden/sdxl-checkpoints.json' with { type: 'json' };

export type Fields = Readonly<Record<string, unknown>>;

/** SDXL base 1.0's own configs, and the tiny autoencoder's for it. */
export const SDXL = {
  unet: checkpoints.unet.config as Fields,
  vae: checkpoints.vae.config as Fields,
  tinyVae: checkpoints.tinyVae.config as Fields,
  textEncoder: checkpoints.textEncoder.config as Fields,
  textEncoder2: checkpoints.textEncoder2.config as Fields,
};

/** A config with some fields changed; `undefined` removes one. */
export function changed(fields: Fields, change: Fields): Config {
  const entries = Object.entries({ ...fields, ...change }).filter(([, value]) => value !== undefined);
  return new Config('config.json', Object.fromEntries(entries));
}

/** Expects `model/unsupported` for `field`, telling its value. */
export function expectUnsupported(parse: () => unknown, field: string, value: unknown): void {
  expect(parse).toThrow(
    expect.objectContaining({
      code: 'model/unsupported',
      detail: {
        file: 'config.json',
        field,
        value: JSON.stringify(value ?? null),
        supported: expect.stringMatching(/./) as string,
      },
    }),
  );
}

/** Expects `model/config-invalid` with a reason that names `field`. */
export function expectInvalid(parse: () => unknown, field: string): void {
  expect(parse).toThrow(
    expect.objectContaining({
      code: 'model/config-invalid',
      detail: { file: 'config.json', reason: expect.stringContaining(field) as string },
    }),
  );
}
