import { describe, expect, it } from 'vitest';
import { fileSource, soleWeightFile } from './file-source.ts';

/** As a browser gives it after a folder was picked. */
function pickedFile(webkitRelativePath: string, text = webkitRelativePath): File {
  const file = new File([text], webkitRelativePath.split('/').at(-1) ?? '');
  return Object.defineProperty(file, 'webkitRelativePath', { value: webkitRelativePath });
}

async function readAll(source: ReturnType<typeof fileSource>, path: string): Promise<string | undefined> {
  const file = await source.open(path);
  return file && new TextDecoder().decode(await file.read(0, file.size));
}

describe('fileSource', () => {
  it('finds files below the picked folder', async () => {
    const source = fileSource(
      ['sdxl/model_index.json', 'sdxl/unet/config.json'].map((path) => pickedFile(path)),
    );
    expect(source.label).toBe('sdxl');
    expect(await readAll(source, 'unet/config.json')).toBe('sdxl/unet/config.json');
    expect((await source.open('unet/config.json'))?.path).toBe('unet/config.json');
    expect(await source.open('sdxl/unet/config.json')).toBeUndefined();
    expect(await source.open('vae/config.json')).toBeUndefined();
  });

  it('finds the model one folder deeper', async () => {
    const source = fileSource(
      ['downloads/readme.txt', 'downloads/turbo/model_index.json', 'downloads/turbo/unet/config.json'].map(
        (path) => pickedFile(path),
      ),
    );
    expect(source.label).toBe('turbo');
    expect(await readAll(source, 'unet/config.json')).toBe('downloads/turbo/unet/config.json');
    expect(await source.open('readme.txt')).toBeUndefined();
  });

  it('does not guess between two models', async () => {
    const source = fileSource(
      ['d/a/model_index.json', 'd/b/model_index.json'].map((path) => pickedFile(path)),
    );
    expect(source.label).toBe('d');
    expect(await source.open('model_index.json')).toBeUndefined();
    expect(await readAll(source, 'b/model_index.json')).toBe('d/b/model_index.json');
  });

  it('takes files without folders by their names', async () => {
    expect(
      await readAll(
        fileSource([new File(['x'], 'a.bin'), new File(['y'], 'emulsion.json')]),
        'emulsion.json',
      ),
    ).toBe('y');
    expect(await fileSource([]).open('model_index.json')).toBeUndefined();
  });

  it('reads exactly the asked bytes, or fails', async () => {
    const file = await fileSource([pickedFile('m/a.bin', '0123456789')]).open('a.bin');
    expect(new TextDecoder().decode(await file?.read(3, 4))).toBe('3456');
    await expect(file?.read(8, 3)).rejects.toMatchObject({
      code: 'weights/unreachable',
      detail: { file: 'a.bin' },
    });
  });

  it('says which file vanished from the disk', async () => {
    const gone = pickedFile('m/a.bin');
    const failing = { arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) };
    Object.defineProperty(gone, 'slice', { value: () => failing });
    const file = await fileSource([gone]).open('a.bin');
    await expect(file?.read(0, 1)).rejects.toMatchObject({
      code: 'weights/unreachable',
      detail: { file: 'a.bin' },
    });
  });

  it('stops when cancelled', async () => {
    const file = await fileSource([pickedFile('m/a.bin')]).open('a.bin');
    await expect(file?.read(0, 1, AbortSignal.abort())).rejects.toMatchObject({ code: 'engine/cancelled' });
  });
});

describe('soleWeightFile', () => {
  const files = (...paths: string[]): File[] => paths.map((path) => pickedFile(path));

  it.each([
    [['x.safetensors'], 'x.safetensors'],
    [['x.SafeTensors', 'x.emulsion.json'], 'x.SafeTensors'],
    [['folder/x.safetensors', 'folder/readme.txt'], 'x.safetensors'],
    [['folder/deep/x.safetensors'], 'deep/x.safetensors'],
    [['m/model_index.json', 'm/x.safetensors'], undefined],
    [['vae/config.json', 'vae/diffusion_pytorch_model.safetensors'], undefined],
    [['a.safetensors', 'b.safetensors'], undefined],
    [['a.ckpt'], undefined],
    [[], undefined],
  ])('of %j is %s', (paths, expected) => {
    expect(soleWeightFile(files(...paths))).toBe(expected);
  });
});
