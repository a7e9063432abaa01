/** A copy of what `npm start` and `npm run put` run, with a `.local` of its own, so that a start of the developer's is not in the way. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../local/local-aws.ts';

const COPIED = ['breakaway.config.ts', 'bundle', 'configuration', 'local', 'package.json', 'shared', 'template'];

export type Clone = { readonly root: string; readonly local: string; remove(): void };

export const aClone = (): Clone => {
  const root = mkdtempSync(join(tmpdir(), 'breakaway-clone-'));
  for (const name of COPIED) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const local = join(root, '.local');
  mkdirSync(local);
  return { root, local, remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) };
};
