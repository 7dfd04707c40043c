/**
 * @file Derives CLIP's `vocab.json` and `merges.txt` from OpenAI's `bpe_simple_vocab_16e6.txt.gz` (MIT), which
 * the Python packages `clip` and `open-clip-torch` carry. Run it again only to check the committed files:
 *
 *     npx tsx scripts/make-clip-vocabulary.ts PATH/bpe_simple_vocab_16e6.txt.gz [FOLDER]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BYTE_SYMBOLS, WORD_END } from '../src/tokens/byte-level.ts';

/** Ids in CLIP's vocabulary; the source lists more merges than fit. */
const VOCABULARY_SIZE = 49408;
const MARKERS = ['<|startoftext|>', '<|endoftext|>'];

const [source, folder = 'src/tokens/clip-vocabulary'] = process.argv.slice(2);
if (source === undefined) {
  console.error('usage: make-clip-vocabulary.ts bpe_simple_vocab_16e6.txt.gz [FOLDER]');
  process.exit(2);
}

const lines = gunzipSync(await readFile(source))
  .toString('utf8')
  .split('\n');
// CLIP orders the bytes by their symbols: the printable ones come first.
const bytes = [...BYTE_SYMBOLS].sort();
const alphabet = [...bytes, ...bytes.map((symbol) => symbol + WORD_END)];
const merges = lines.slice(1, 1 + VOCABULARY_SIZE - alphabet.length - MARKERS.length);
const tokens = [...alphabet, ...merges.map((merge) => merge.replace(' ', '')), ...MARKERS];

await mkdir(folder, { recursive: true });
// Written by hand because a JavaScript object would move the tokens "0" … "9" to the front.
const entries = tokens.map((token, id) => `${JSON.stringify(token)}:${id}`);
await writeFile(join(folder, 'vocab.json'), `{${entries.join(',')}}`);
await writeFile(join(folder, 'merges.txt'), ['#version: 0.2', ...merges, ''].join('\n'));
