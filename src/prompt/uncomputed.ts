/** @file What prompts of AUTOMATIC1111's web UI may say and is not computed here, so that nobody is left to wonder. */

const SQUARE = /(?<!\\)\[([^\\[\]]*)\]/g;
const ROUND = /\([^()]*\)/g;
/** Square brackets that change with the steps: `[from:to:0.5]`, `[to:10]`, `[from::3]`, `[one|other]`. */
const CHANGING = /\||:\s*[\d.]+\s*$/;

/** The first prompt editing or alternation of a prompt, which is read as emphasis; `undefined` where there is none. */
export function findUncomputed(prompt: string): string | undefined {
  for (const [whole, inner = ''] of prompt.matchAll(SQUARE))
    if (CHANGING.test(inner.replace(ROUND, ''))) return whole;
  return undefined;
}
