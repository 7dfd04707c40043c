// GroupNorm (Wu & He 2018, arXiv 1803.08494) over [batch, pixels, channels], optionally followed by SiLU.
// Stage one finds mean and sum of squared deviations of each chunk of pixels, in two passes about the chunk's
// own mean, and merges the chunks (Chan, Golub & LeVeque 1979); the one-pass E[x²] − E[x]² loses all digits
// when the mean is large. Stage two normalises.

struct Params {
  pixels: u32,
  channels: u32,
  groups: u32,
  chunkPixels: u32,
  chunks: u32,
  count: u32,      // values in all
  eps: f32,
  silu: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;   // (count, mean, M2, 0) of [batch, group, chunk]
@group(0) @binding(2) var<storage, read_write> statistics: array<vec2f>; // (mean, 1/deviation) of [batch, group]
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const THREADS = 256u;
var<workgroup> sums: array<f32, THREADS>;

// The sum over all threads of the workgroup, known to each.
fn total(value: f32, thread: u32) -> f32 {
  sums[thread] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
    workgroupBarrier();
  }
  let result = sums[0];
  workgroupBarrier();
  return result;
}

@compute @workgroup_size(THREADS)
fn chunkStatistics(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) thread: u32) {
  let chunk = place.x;
  let group = place.y;
  let batch = place.z;
  let size = params.channels / params.groups;
  let firstPixel = chunk * params.chunkPixels;
  let count = min(params.chunkPixels, params.pixels - firstPixel) * size;
  let start = (batch * params.pixels + firstPixel) * params.channels + group * size;

  var sum = 0.0;
  for (var i = thread; i < count; i += THREADS) {
    sum += x[start + (i / size) * params.channels + i % size];
  }
  let mean = total(sum, thread) / f32(count);
  var squares = 0.0;
  for (var i = thread; i < count; i += THREADS) {
    let deviation = x[start + (i / size) * params.channels + i % size] - mean;
    squares += deviation * deviation;
  }
  let m2 = total(squares, thread);
  if (thread == 0u) {
    partials[(batch * params.groups + group) * params.chunks + chunk] = vec4f(f32(count), mean, m2, 0.0);
  }
}

@compute @workgroup_size(THREADS)
fn mergeStatistics(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = place.y * params.groups + place.x;
  let start = row * params.chunks;
  let count = f32(params.pixels * (params.channels / params.groups));
  // Means are summed relative to the first chunk's, so that a large common mean costs no digits.
  let reference = partials[start].y;
  var sum = 0.0;
  for (var i = thread; i < params.chunks; i += THREADS) {
    let part = partials[start + i];
    sum += part.x * (part.y - reference);
  }
  let shift = total(sum, thread) / count;
  var squares = 0.0;
  for (var i = thread; i < params.chunks; i += THREADS) {
    let part = partials[start + i];
    let deviation = part.y - reference - shift;
    squares += part.z + part.x * deviation * deviation;
  }
  let variance = total(squares, thread) / count;
  if (thread == 0u) {
    statistics[row] = vec2f(reference + shift, inverseSqrt(variance + params.eps));
  }
}

@compute @workgroup_size(THREADS)
fn normalise(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * THREADS;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let batch = i / (params.channels * params.pixels);
  let group = channel / (params.channels / params.groups);
  let s = statistics[batch * params.groups + group];
  var value = (x[i] - s.x) * s.y * weight[channel] + bias[channel];
  if (params.silu == 1u) {
    value = value / (1.0 + exp(-value));
  }
  y[i] = value;
}
