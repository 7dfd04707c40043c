/** @file Whether WebAssembly has the 128-bit instructions that every build of ONNX Runtime is made of. */

/** A module of one function that does nothing but make and drop a vector. */
// prettier-ignore
const VECTOR_MODULE = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic number, version
  0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // types: () → ()
  0x03, 0x02, 0x01, 0x00, // functions: one of that type
  0x0a, 0x09, 0x01, 0x07, 0x00, // code: one body without locals
  0x41, 0x00, 0xfd, 0x0f, 0x1a, 0x0b, // i32.const 0, i8x16.splat, drop, end
);

/** Whether vectors can be computed with here. */
export function hasWasmSimd(): boolean {
  return WebAssembly.validate(VECTOR_MODULE);
}
