/**
 * @file The writing half of the protocol-buffers wire format, as far as ONNX needs it: varints,
 * length-delimited fields and 32-bit floats. Models are a few kilobytes, so bytes are kept in plain arrays.
 * Reference: https://protobuf.dev/programming-guides/encoding/
 */

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const utf8 = new TextEncoder();

/** Collects the fields of one protobuf message. */
export class MessageWriter {
  readonly #bytes: number[] = [];

  /** A (possibly negative) integer field; negatives take ten bytes, as int64 does. */
  integer(field: number, value: number | bigint): this {
    this.#key(field, WIRE_VARINT);
    return this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    this.#key(field, WIRE_FIXED32);
    this.#bytes.push(...new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, value: MessageWriter): this {
    return this.bytes(field, value.#bytes);
  }

  bytes(field: number, value: ArrayLike<number>): this {
    this.#key(field, WIRE_BYTES);
    this.#varint(BigInt(value.length));
    for (let i = 0; i < value.length; i++) this.#bytes.push(value[i] ?? 0);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #key(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): this {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
    return this;
  }
}
