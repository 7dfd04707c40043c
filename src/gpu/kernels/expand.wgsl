// bfloat16 → float32. Two values per 32-bit word, the first in the low half. Widening is exact: the sixteen
// bits become the upper half of the float.

struct Params {
  count: u32,      // values
  rows: u32,       // of the matrix, for the transposing kernels
  columns: u32,
  rank: u32,       // of what is added to it
}

@group(0) @binding(0) var<storage, read> packed: array<u32>;
@group(0) @binding(1) var<storage, read_write> values: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> up: array<f32>;    // [rank, rows]
@group(0) @binding(4) var<storage, read> down: array<f32>;  // [rank, columns]

fn widened(index: u32) -> f32 {
  let word = packed[index >> 1u];
  return bitcast<f32>(select(word << 16u, word & 0xffff0000u, (index & 1u) == 1u));
}

@compute @workgroup_size(256)
fn expand(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 256u;
  if (index < params.count) {
    values[index] = widened(index);
  }
}

const TILE = 16u;
// One column of padding keeps the threads of a row in different banks.
var<workgroup> tile: array<array<f32, 17>, 16>;

// [rows, columns] → [columns, rows] through a tile, so that reads and writes are both along rows.
@compute @workgroup_size(16, 16)
fn expandTransposed(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * TILE + local.y;
  let column = group.x * TILE + local.x;
  if (row < params.rows && column < params.columns) {
    tile[local.y][local.x] = widened(row * params.columns + column);
  }
  workgroupBarrier();
  writeTurned(group.xy, local.xy);
}

// The same of the sum with a matrix of low rank.
@compute @workgroup_size(16, 16)
fn addTransposed(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * TILE + local.y;
  let column = group.x * TILE + local.x;
  if (row < params.rows && column < params.columns) {
    tile[local.y][local.x] = widened(row * params.columns + column) + added(row, column);
  }
  workgroupBarrier();
  writeTurned(group.xy, local.xy);
}

// Summed up before it is added: beside a weight the smallest of its terms would be lost.
fn added(row: u32, column: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < params.rank; k++) {
    sum += up[k * params.rows + row] * down[k * params.columns + column];
  }
  return sum;
}

fn writeTurned(group: vec2u, local: vec2u) {
  let outRow = group.x * TILE + local.y;
  let outColumn = group.y * TILE + local.x;
  if (outRow < params.columns && outColumn < params.rows) {
    values[outRow * params.rows + outColumn] = tile[local.x][local.y];
  }
}
