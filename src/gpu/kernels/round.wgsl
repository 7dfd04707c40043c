// float32 → the nearest value that bfloat16 or float16 holds, kept as float32, in place. Ties go to even, what is
// too large becomes infinite, NaN stays NaN. Works on bits, because WGSL may treat NaN, infinity and subnormals in
// float expressions as it likes. `host-kernels.ts` has the same for the CPU.

@group(0) @binding(0) var<storage, read_write> values: array<u32>;

const INFINITY = 0x7f800000u;
const QUIET = 0x00400000u;
const F16_OVERFLOW = 0x477ff000u;       // 65520, halfway from the largest float16 to the next power of two
const F16_SMALLEST = 0x33800000u;       // 2⁻²⁴
const F16_HALF_SMALLEST = 0x33000000u;  // 2⁻²⁵

// The lowest `dropped` bits rounded away; a carry runs on into the exponent, which is what it should do.
fn nearest(bits: u32, dropped: u32) -> u32 {
  let half = 1u << (dropped - 1u);
  let odd = (bits >> dropped) & 1u;
  return ((bits + half - 1u + odd) >> dropped) << dropped;
}

fn toBf16(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) > INFINITY) {
    return (bits | QUIET) & 0xffff0000u;
  }
  return nearest(bits, 16u);
}

fn toF16(bits: u32) -> u32 {
  let sign = bits & 0x80000000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > INFINITY) {
    return (bits | QUIET) & 0xffffe000u;
  }
  if (magnitude >= F16_OVERFLOW) {
    return sign | INFINITY;
  }
  if (magnitude <= F16_HALF_SMALLEST) {
    return sign;
  }
  if (magnitude < F16_SMALLEST) {
    return sign | F16_SMALLEST;
  }
  // Ten bits of mantissa stay, and one less for every power of two below the smallest normal value, 2⁻¹⁴.
  return sign | nearest(magnitude, 126u - min(113u, magnitude >> 23u));
}

@compute @workgroup_size(256)
fn roundToBf16(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 256u;
  if (index < arrayLength(&values)) {
    values[index] = toBf16(values[index]);
  }
}

@compute @workgroup_size(256)
fn roundToF16(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 256u;
  if (index < arrayLength(&values)) {
    values[index] = toF16(values[index]);
  }
}
