// Counts NaN and infinite values by their exponent bits.

struct Params {
  count: u32,
}

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> total: atomic<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(256)
fn countNonFinite(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let stride = groups.x * 256u;
  var found = 0u;
  for (var i = id.x; i < params.count; i += stride) {
    if ((values[i] & 0x7f800000u) == 0x7f800000u) {
      found += 1u;
    }
  }
  if (found > 0u) {
    atomicAdd(&total, found);
  }
}
