import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../headless/words.ts';
import { HELP, parseArguments } from './arguments.ts';

const HERE = path.resolve('/here');

describe('parseArguments', () => {
  it.each([
    [['list'], { kind: 'list', json: false }],
    [['list', '--json', '--profile', 'p'], { kind: 'list', json: true, profile: path.join(HERE, 'p') }],
    [['add', '../m'], { kind: 'add', model: '../m', acceptsLicence: false, json: false }],
    [
      ['add', 'sdxl-turbo', '--accept-licence', '--id', 'mine', '--json'],
      { kind: 'add', model: 'sdxl-turbo', acceptsLicence: true, id: 'mine', json: true },
    ],
    [
      ['add', 'm', '--component', 'vae=v', '--component', 'unet=u'],
      {
        ...{ kind: 'add', model: 'm', acceptsLicence: false, json: false },
        components: { vae: 'v', unet: 'u' },
      },
    ],
    [['verify', 'mine'], { kind: 'verify', id: 'mine', repair: false, json: false }],
    [
      ['verify', 'mine', '--repair', '--source', 'https://host/m/'],
      { kind: 'verify', id: 'mine', repair: true, source: 'https://host/m/', json: false },
    ],
    [
      ['verify', 'mine', '--repair', '--source', 'm', '--component', 'vae=v'],
      {
        ...{ kind: 'verify', id: 'mine', repair: true, source: 'm', json: false },
        components: { vae: 'v' },
      },
    ],
    [['remove', 'mine'], { kind: 'remove', id: 'mine', json: false }],
    [['remove', '--help'], { kind: 'help' }],
  ])('reads %j', (argv, order) => {
    expect(parseArguments(argv, HERE)).toEqual(order);
  });

  it('has help on every flag', () => {
    for (const flag of ['id', 'component', 'accept-licence', 'repair', 'source', 'json', 'profile', 'help'])
      expect(HELP).toContain(`--${flag}`);
  });

  it.each<[string, string[], RegExp]>([
    ['no task', [], /one of list, add, verify, remove is needed/],
    ['an unknown task', ['delete', 'x'], /one of .* not "delete"/],
    ['a model for the list', ['list', 'x'], /list takes no model/],
    ['no model to add', ['add'], /add takes one model/],
    ['an empty model', ['add', ''], /add takes one model/],
    ['two models', ['remove', 'x', 'y'], /remove takes one model/],
    ['an unknown flag', ['list', '--al'], /--al/],
    ['a flag of another task', ['add', 'x', '--repair'], /add takes no --repair/],
    ['a licence for a check', ['verify', 'x', '--accept-licence'], /verify takes no --accept-licence/],
    ['a source and no repair', ['verify', 'x', '--source', 'y'], /--source .* needs --repair/],
    ['a component and no source', ['verify', 'x', '--repair', '--component', 'vae=y'], /it needs --source/],
    ['a component to remove', ['remove', 'x', '--component', 'vae=y'], /remove takes no --component/],
    ['an unknown component', ['add', 'x', '--component', 'lora=y'], /--component takes NAME=PLACE/],
    ['an empty name', ['add', 'x', '--id='], /--id needs a value/],
    ['a flag twice', ['list', '--json', '--json'], /--json is given twice/],
  ])('refuses %s', (_, argv, message) => {
    expect(() => parseArguments(argv, HERE)).toThrow(UsageError);
    expect(() => parseArguments(argv, HERE)).toThrow(message);
  });
});
