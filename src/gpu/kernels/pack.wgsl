// float32 → bfloat16, rounding to nearest even; NaN stays NaN. Two values per 32-bit word, the first in the
// low half. Works on bits, because WGSL may treat NaN and infinity in float expressions as it likes.

struct Params {
  count: u32,   // values; the last word may hold one
}

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn rounded(index: u32) -> u32 {
  if (index >= params.count) {
    return 0u;
  }
  let bits = values[index];
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fc0u;
  }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

@compute @workgroup_size(256)
fn pack(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = id.x + id.y * groups.x * 256u;
  if (word * 2u < params.count) {
    packed[word] = rounded(word * 2u) | (rounded(word * 2u + 1u) << 16u);
  }
}
