import { it } from 'vitest';
import { convolution } from '../architecture/templates/image.ts';
import type { Backend } from './backend.ts';
import { openWebGpu, someValues } from './test-webgpu.ts';
import { createWasmBackend } from './wasm-backend.ts';
function rel(a: Float32Array, b: Float32Array) { let d = 0, n = 0; b.forEach((v, i) => { d += ((a[i] ?? NaN) - v) ** 2; n += v * v; }); return Math.sqrt(d / n); }
function ref(x: Float32Array, w: Float32Array, h: number, wd: number, ci: number, co: number, k: number, s: number, oh: number, ow: number, p: number) {
  const y = new Float32Array(oh * ow * co);
  for (let r = 0; r < oh; r++) for (let c = 0; c < ow; c++) for (let o = 0; o < co; o++) {
    let sum = 0;
    for (let i = 0; i < ci; i++) for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) {
      const rr = r * s + a - p, cc = c * s + b - p;
      if (rr < 0 || cc < 0 || rr >= h || cc >= wd) continue;
      sum += (x[(rr * wd + cc) * ci + i] ?? 0) * (w[((o * ci + i) * k + a) * k + b] ?? 0);
    }
    y[(r * ow + c) * co + o] = sum;
  }
  return y;
}
it('sweep', async () => {
  const gpu = (await openWebGpu()).backend; const cpu = await createWasmBackend();
  const lines: string[] = [];
  for (const [stride, p] of [[1, 1]] as const) for (const ci of [3, 6, 7, 9, 14, 15, 18, 21, 24, 30, 33, 36]) for (const co of [3, 4, 6, 12]) {
    const t = convolution({ kernel: 3, stride, padding: [p, p, p, p], bias: false });
    const h = 7, w = 9; const oh = Math.floor((h - 1) / stride) + 1, ow = Math.floor((w - 1) / stride) + 1;
    const x = someValues(h * w * ci), wt = someValues(co * ci * 9, 2);
    const r = ref(x, wt, h, w, ci, co, 3, stride, oh, ow, p);
    const go = async (b: Backend) => b.download(await b.run(t, { x: b.upload(x, [1, h, w, ci]), 'conv.weight': b.upload(wt, [co, ci, 3, 3]) }, [1, oh, ow, co]));
    const [g, c] = [rel(await go(gpu), r), rel(await go(cpu), r)];
    if (g > 1e-5 || c > 1e-5) lines.push(`stride ${stride} ${ci}->${co}: gpu ${g.toExponential(1)} cpu ${c.toExponential(1)}`);
  }
  console.log(lines.join('\n') || 'all fine');
}, 600000);
