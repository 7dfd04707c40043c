import { expect, it, vi } from 'vitest';
import { nothing } from 'lit';
import type { ModelDescription, TokenCount } from '../../engine/protocol/model.ts';
import { TokenCounter } from './token-counter.ts';

const MODEL = { name: 'tiny' } as ModelDescription;
const HOST = {
  addController: vi.fn(),
  removeController: vi.fn(),
  requestUpdate: vi.fn(),
  updateComplete: Promise.resolve(true),
};

/** Counts that are answered by hand. */
function answered() {
  const asked: string[] = [];
  const answers: ((count: TokenCount | Error) => void)[] = [];
  const count = (text: string): Promise<TokenCount> => {
    asked.push(text);
    return new Promise((resolve, reject) =>
      answers.push((value) => (value instanceof Error ? reject(value) : resolve(value))),
    );
  };
  const answer = async (value: TokenCount | Error): Promise<void> => {
    answers.shift()?.(value);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { asked, count, answer };
}

/** What is shown, as `tokens/limit`; empty where nothing is. */
function shown(counter: TokenCounter): string {
  const template = counter.render('a');
  return template === nothing ? '' : template.values.slice(1, 3).join('/');
}

it('counts the last text of those that came meanwhile, and shows a count until the next', async () => {
  const { asked, count, answer } = answered();
  const counter = new TokenCounter(HOST);
  for (const text of ['a', 'a f', 'a fo', 'a fox']) counter.update(text, MODEL, count);
  expect([asked, shown(counter)]).toEqual([['a'], '']);
  await answer({ tokens: 1, limit: 75 });
  expect([asked, shown(counter)]).toEqual([['a', 'a fox'], '1/75']);
  await answer({ tokens: 2, limit: 75 });
  counter.update('a fox', MODEL, count);
  expect([asked, shown(counter)]).toEqual([['a', 'a fox'], '2/75']);
});

it('counts anew for another model, and shows nothing without one', async () => {
  const { asked, count, answer } = answered();
  const counter = new TokenCounter(HOST);
  counter.update('a', MODEL, count);
  await answer({ tokens: 1, limit: 75 });
  counter.update('a', { ...MODEL }, count);
  expect([asked, shown(counter)]).toEqual([['a', 'a'], '1/75']);
  await answer({ tokens: 1, limit: 10 });
  expect(shown(counter)).toBe('1/10');
  counter.update('a', undefined, count);
  expect(shown(counter)).toBe('');
});

it('shows nothing where the text could not be counted, and goes on with the next', async () => {
  const { count, answer } = answered();
  const counter = new TokenCounter(HOST);
  counter.update('a', MODEL, count);
  await answer(new Error('gone'));
  expect(shown(counter)).toBe('');
  counter.update('b', MODEL, count);
  await answer({ tokens: 1, limit: 75 });
  expect(shown(counter)).toBe('1/75');
});
