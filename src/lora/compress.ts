/**
 * @file The best approximation of up × down by factors of lower rank: the truncated singular value decomposition of the
 * product (Eckart & Young 1936), found without forming it. Both factors are orthogonalised, and what is decomposed is
 * the product of their triangular parts, which is as small as the rank.
 */

/** Factors of a matrix [out, inner]: up [out, rank] times down [rank, inner], row-major. */
export interface Factors {
  readonly rank: number;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

export interface Compressed extends Factors {
  /** ‖approximation‖²/‖up × down‖², 0…1. */
  readonly keptEnergy: number;
}

/** Factors of at most `rank` whose product is nearest to the one given. */
export function compress({ rank, up, down }: Factors, wanted: number): Compressed {
  const left = orthogonalise(columnsOf(up, rank));
  const right = orthogonalise(rowsOf(down, rank));
  // up × down = Q_left (R_left · R_rightᵀ) Q_rightᵀ
  const middle = right.triangle.map((row) =>
    left.triangle.map((other) => other.reduce((sum, value, i) => sum + value * (row[i] as number), 0)),
  );
  const { vectors, columns } = decompose(middle);
  const sizes = columns.map((column) => Math.hypot(...column));
  const order = sizes.map((_, i) => i).sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  const kept = order.slice(0, wanted);
  const energy = (of: readonly number[]): number => of.reduce((sum, i) => sum + (sizes[i] as number) ** 2, 0);
  const [out, inner] = [up.length / rank, down.length / rank];
  const newUp = new Float32Array(out * wanted);
  const newDown = new Float32Array(wanted * inner);
  for (const [k, i] of kept.entries()) {
    const size = sizes[i] as number;
    if (size === 0) continue;
    // Each factor takes the root of the singular value, so that neither is large.
    const root = Math.sqrt(size);
    combine(
      left.basis,
      columns[i] as Float64Array,
      1 / root,
      (row, value) => (newUp[row * wanted + k] = value),
    );
    combine(right.basis, vectors[i] as Float64Array, root, (at, value) => (newDown[k * inner + at] = value));
  }
  const all = energy(order);
  return { rank: wanted, up: newUp, down: newDown, keptEnergy: all === 0 ? 1 : energy(kept) / all };
}

function columnsOf(matrix: Float32Array, count: number): Float64Array[] {
  const rows = matrix.length / count;
  return Array.from({ length: count }, (_, column) =>
    Float64Array.from({ length: rows }, (_unused, row) => matrix[row * count + column] as number),
  );
}

function rowsOf(matrix: Float32Array, count: number): Float64Array[] {
  const columns = matrix.length / count;
  return Array.from({ length: count }, (_, row) =>
    Float64Array.from(matrix.subarray(row * columns, (row + 1) * columns)),
  );
}

/** What is left of a vector is taken for rounding below this share of it. */
const NOTHING = 1e-12;

/**
 * Modified Gram-Schmidt, twice, which makes it as exact as reflections (Giraud & Langou 2005): the vectors are the
 * combinations of `basis` that the rows of `triangle` [basis][vectors] give.
 */
function orthogonalise(vectors: readonly Float64Array[]): {
  basis: Float64Array[];
  triangle: Float64Array[];
} {
  const basis: Float64Array[] = [];
  const triangle: Float64Array[] = [];
  for (const [i, vector] of vectors.entries()) {
    const rest = Float64Array.from(vector);
    for (let pass = 0; pass < 2; pass++) {
      for (const [k, direction] of basis.entries()) {
        const share = dot(rest, direction);
        (triangle[k] as Float64Array)[i] = ((triangle[k] as Float64Array)[i] as number) + share;
        for (let at = 0; at < rest.length; at++)
          rest[at] = (rest[at] as number) - share * (direction[at] as number);
      }
    }
    const size = Math.sqrt(dot(rest, rest));
    if (size <= NOTHING * Math.sqrt(dot(vector, vector))) continue;
    basis.push(rest.map((value) => value / size));
    const row = new Float64Array(vectors.length);
    row[i] = size;
    triangle.push(row);
  }
  return { basis, triangle };
}

const MAX_SWEEPS = 60;
const PRECISION = 1e-15;

/**
 * One-sided Jacobi rotations (Hestenes 1958) of a matrix given by its columns: returns it times an orthogonal matrix, so
 * that its columns are orthogonal and their lengths the singular values, and the columns of that matrix.
 */
function decompose(matrix: readonly (readonly number[])[]): {
  columns: Float64Array[];
  vectors: Float64Array[];
} {
  const columns = matrix.map((column) => Float64Array.from(column));
  const vectors = columns.map((_, i) => Float64Array.from(columns, (_unused, k) => (i === k ? 1 : 0)));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let isDone = true;
    for (const [i, a] of columns.entries()) {
      for (const [j, b] of columns.slice(i + 1).entries()) {
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(ab) <= PRECISION * Math.sqrt(aa * bb)) continue;
        isDone = false;
        const zeta = (bb - aa) / (2 * ab);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, tangent);
        rotate(a, b, cosine, cosine * tangent);
        rotate(vectors[i] as Float64Array, vectors[i + 1 + j] as Float64Array, cosine, cosine * tangent);
      }
    }
    if (isDone) break;
  }
  return { columns, vectors };
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] as number, b[at] as number];
    a[at] = cosine * x - sine * y;
    b[at] = sine * x + cosine * y;
  }
}

function combine(
  basis: readonly Float64Array[],
  shares: Float64Array,
  factor: number,
  write: (at: number, value: number) => void,
): void {
  const length = basis[0]?.length ?? 0;
  for (let at = 0; at < length; at++) {
    let sum = 0;
    for (const [k, direction] of basis.entries()) sum += (shares[k] as number) * (direction[at] as number);
    write(at, factor * sum);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
