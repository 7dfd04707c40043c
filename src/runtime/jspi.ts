/** @file Which of ONNX Runtime's two WebGPU builds this browser can run. */

/** Whether WebAssembly can wait for promises here, which the smaller WebGPU build needs. */
export function hasJspi(): boolean {
  return 'Suspending' in WebAssembly;
}
