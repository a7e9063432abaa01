import type { TextProblem } from './text-problem.ts';

/** A piece of a text with placeholders: plain text, or the text between two braces. */
export type BracePiece = {
  readonly kind: 'text' | 'placeholder';
  readonly text: string;
  /** Index of the first character of the text, or of the brace of a placeholder. */
  readonly at: number;
};

// In this order, `{{{shop}}}` is an escaped brace, a placeholder and an escaped brace.
const PIECES = /\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g;

const strayBrace = (brace: '{' | '}'): string =>
  brace === '{' ? 'this { has no }; write {{ for a plain brace' : 'this } has no {; write }} for a plain brace';

/** Cuts a text at its placeholders; `{{` and `}}` are single braces. */
export const cutAtBraces = (
  text: string,
): { readonly pieces: readonly BracePiece[]; readonly problems: readonly TextProblem[] } => {
  const pieces: BracePiece[] = [];
  const problems: TextProblem[] = [];

  for (const { 0: found, index: at } of text.matchAll(PIECES)) {
    if (found === '{' || found === '}') {
      pieces.push({ kind: 'text', text: found, at });
      problems.push({ at, message: strayBrace(found) });
    } else if (found === '{{' || found === '}}') {
      pieces.push({ kind: 'text', text: found.slice(1), at });
    } else if (found.startsWith('{')) {
      pieces.push({ kind: 'placeholder', text: found.slice(1, -1), at });
    } else {
      pieces.push({ kind: 'text', text: found, at });
    }
  }
  return { pieces, problems };
};
