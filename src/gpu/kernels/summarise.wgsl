// Sums up values: how many are NaN or infinite, and the least and the greatest of the others.

struct Summary {
  nonFinite: atomic<u32>,
  // As keys; both only grow, so that zeros are where they begin.
  greatest: atomic<u32>,
  least: atomic<u32>,
}

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> summary: Summary;

const EXPONENT = 0x7f800000u;
const SIGN = 0x80000000u;

var<workgroup> groupNonFinite: atomic<u32>;
var<workgroup> groupGreatest: atomic<u32>;
var<workgroup> groupLeast: atomic<u32>;

// Bits of a float as a number that is ordered as the floats are; never 0, nor its complement, for a finite one.
fn keyOf(bits: u32) -> u32 {
  return select(bits | SIGN, ~bits, (bits & SIGN) != 0u);
}

@compute @workgroup_size(256)
fn summarise(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let count = arrayLength(&values);
  let stride = groups.x * 256u;
  var nonFinite = 0u;
  var greatest = 0u;
  var least = 0u;
  for (var i = id.x; i < count; i += stride) {
    let bits = values[i];
    if ((bits & EXPONENT) == EXPONENT) {
      nonFinite += 1u;
    } else {
      let key = keyOf(bits);
      greatest = max(greatest, key);
      least = max(least, ~key);
    }
  }
  if (nonFinite > 0u) {
    atomicAdd(&groupNonFinite, nonFinite);
  }
  atomicMax(&groupGreatest, greatest);
  atomicMax(&groupLeast, least);
  workgroupBarrier();
  if (thread == 0u) {
    let found = atomicLoad(&groupNonFinite);
    if (found > 0u) {
      atomicAdd(&summary.nonFinite, found);
    }
    atomicMax(&summary.greatest, atomicLoad(&groupGreatest));
    atomicMax(&summary.least, atomicLoad(&groupLeast));
  }
}
