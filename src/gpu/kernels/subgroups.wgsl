// Every invocation writes what each subgroup operation gave it, to be compared with plain arithmetic.
enable subgroups;

struct Outcome {
  size: u32,
  lane: u32,
  // The index of the first invocation of the subgroup: tells which of them belong together.
  first: u32,
  sum: f32,
  before: f32,
  through: f32,
  most: f32,
  least: f32,
  third: f32,
  next: f32,
  neighbour: f32,
  odd: u32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> outcomes: array<Outcome>;

@compute @workgroup_size(256)
fn operations(
  @builtin(global_invocation_id) place: vec3u,
  @builtin(subgroup_size) size: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let value = values[place.x];
  let odd = subgroupBallot(u32(value) % 2u == 1u);
  outcomes[place.x] = Outcome(
    size,
    lane,
    subgroupBroadcastFirst(place.x),
    subgroupAdd(value),
    subgroupExclusiveAdd(value),
    subgroupInclusiveAdd(value),
    subgroupMax(value),
    subgroupMin(value),
    subgroupBroadcast(value, 2u),
    subgroupShuffle(value, (lane + 1u) % size),
    subgroupShuffleXor(value, 1u),
    countOneBits(odd.x) + countOneBits(odd.y) + countOneBits(odd.z) + countOneBits(odd.w),
  );
}
