import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageWriter } from './protobuf.ts';

/** Opens a message and expects its first field to be this one. */
function open(writer: MessageWriter, field: number, wireType: WireType): BinaryReader {
  const reader = new BinaryReader(writer.finish());
  expect(reader.tag()).toEqual([field, wireType]);
  return reader;
}

const fieldNumber = fc.integer({ min: 1, max: 100_000 });

describe('MessageWriter, read back by another implementation', () => {
  it('integers, from −2⁶³ to 2⁶³ − 1', () => {
    fc.assert(
      fc.property(fieldNumber, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (field, value) => {
        const reader = open(new MessageWriter().integer(field, value), field, WireType.Varint);
        expect(BigInt(reader.int64())).toBe(value);
        expect(reader.pos).toBe(reader.len);
      }),
    );
  });

  it('unsigned integers up to 2⁶⁴ − 1', () => {
    for (const value of [2n ** 64n - 1n, 2n ** 63n]) {
      const reader = open(new MessageWriter().integer(1, value), 1, WireType.Varint);
      expect(BigInt(reader.uint64())).toBe(value);
    }
  });

  it('integers given as numbers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const reader = open(new MessageWriter().integer(3, value), 3, WireType.Varint);
        expect(BigInt(reader.int64())).toBe(BigInt(value));
      }),
    );
  });

  // The examples of https://protobuf.dev/programming-guides/encoding/
  it.each([
    ['150 in field 1', new MessageWriter().integer(1, 150), [0x08, 0x96, 0x01]],
    [
      '"testing" in field 2',
      new MessageWriter().string(2, 'testing'),
      [0x12, 0x07, ...Buffer.from('testing')],
    ],
    [
      'a message in field 3',
      new MessageWriter().message(3, new MessageWriter().integer(1, 150)),
      [0x1a, 0x03, 0x08, 0x96, 0x01],
    ],
    ['−2 in field 1', new MessageWriter().integer(1, -2), [0x08, 0xfe, ...Array<number>(8).fill(0xff), 0x01]],
    ['0 in field 16', new MessageWriter().integer(16, 0), [0x80, 0x01, 0x00]],
  ])('%s', (_name, writer, bytes) => {
    expect([...writer.finish()]).toEqual(bytes);
  });

  it('floats, rounded to float32', () => {
    fc.assert(
      fc.property(fieldNumber, fc.double(), (field, value) => {
        const reader = open(new MessageWriter().float(field, value), field, WireType.Bit32);
        expect(reader.float()).toBe(Math.fround(value));
      }),
    );
  });

  it('texts in UTF-8', () => {
    fc.assert(
      fc.property(fieldNumber, fc.string({ unit: 'grapheme', maxLength: 300 }), (field, text) => {
        expect(open(new MessageWriter().string(field, text), field, WireType.LengthDelimited).string()).toBe(
          text,
        );
      }),
    );
  });

  it('bytes of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const reader = open(new MessageWriter().bytes(9, bytes), 9, WireType.LengthDelimited);
        expect(reader.bytes()).toEqual(bytes);
      }),
    );
    const large = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
    expect(open(new MessageWriter().bytes(9, large), 9, WireType.LengthDelimited).bytes()).toEqual(large);
  });

  it('messages in messages, fields in the order they were written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 40 }),
        (values) => {
          const nested = values.reduce(
            (inner, value) => new MessageWriter().integer(1, value).message(2, inner).string(3, 'end'),
            new MessageWriter(),
          );
          let reader = new BinaryReader(nested.finish());
          for (const value of values.toReversed()) {
            expect(reader.tag()).toEqual([1, WireType.Varint]);
            expect(BigInt(reader.int64())).toBe(value);
            expect(reader.tag()).toEqual([2, WireType.LengthDelimited]);
            const inner = reader.bytes();
            expect(reader.tag()).toEqual([3, WireType.LengthDelimited]);
            expect(reader.string()).toBe('end');
            expect(reader.pos).toBe(reader.len);
            reader = new BinaryReader(inner);
          }
          expect(reader.len).toBe(0);
        },
      ),
    );
  });

  it('keeps a message as it was when it was added', () => {
    const inner = new MessageWriter().integer(1, 1);
    const outer = new MessageWriter().message(2, inner);
    inner.integer(1, 2);
    expect([...outer.finish()]).toEqual([0x12, 0x02, 0x08, 0x01]);
  });
});
