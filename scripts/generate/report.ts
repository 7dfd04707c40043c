/**
 * @file The objects that `--json` prints: the engine's result with file names in the place of bytes, and what was found
 * out about the device with the words for it.
 */
import type { DeviceExamination } from '../../src/engine/device-report.ts';
import type { GenerateResult, Notice } from '../../src/engine/protocol/generate.ts';
import { capabilityGroups } from '../../src/ui/device/device-capabilities.ts';

/** One line of JSON: everything found out, and `capabilities` by their ids as `docs/device.md` lists them. */
export function formatProbe(device: DeviceExamination): string {
  const rows = capabilityGroups(device).flatMap((group) => group.rows);
  const capabilities = Object.fromEntries(
    rows.map(({ id, state, found, meaning }) => [id, { state, found, meaning }]),
  );
  return JSON.stringify({ ...device, capabilities });
}

/**
 * One line of JSON. Seeds are numbers up to 2⁶⁴−1, written out in full; a reader with 64-bit floats only would
 * round them, one that reads integers does not.
 * @param files names of the pictures, in order, as the user gave them
 * @param notices what the user should know, as stderr has it in words
 */
export function formatReport(
  result: GenerateResult,
  files: readonly string[],
  notices: readonly Notice[],
): string {
  const { images: pictures, ...rest } = result;
  const images = pictures.map(({ seed, variationSeed, width, height, nonFinite, black }, index) => ({
    file: files[index],
    seed,
    ...(variationSeed !== undefined && { variationSeed }),
    width,
    height,
    nonFinite,
    black,
  }));
  const mark = '\0';
  return JSON.stringify({ images, ...rest, notices }, (_, value: unknown) =>
    typeof value === 'bigint' ? `${mark}${value}` : value,
  ).replace(/"\\u0000(\d+)"/g, '$1');
}
