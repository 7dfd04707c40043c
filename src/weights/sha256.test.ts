import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sha256 } from './sha256.ts';

const reference = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('Sha256', () => {
  // FIPS 180-4, examples of the secure hash standard.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('hashes %j', (text, expected) => {
    const hash = new Sha256();
    hash.update(new TextEncoder().encode(text));
    expect(hash.hex()).toBe(expected);
  });

  it('agrees with Node for any bytes in any pieces, also when put aside between them', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, (parts) => {
        let hash = new Sha256();
        for (const part of parts) {
          hash.update(part);
          hash = new Sha256(JSON.parse(JSON.stringify(hash.state())) as ReturnType<Sha256['state']>);
        }
        const whole = Buffer.concat(parts);
        expect(hash.length).toBe(whole.length);
        expect(hash.hex()).toBe(reference(whole));
        expect(hash.hex()).toBe(reference(whole));
      }),
    );
  });
});
