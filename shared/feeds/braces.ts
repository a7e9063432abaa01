import type { TextProblem } from './text-problem.ts';

/** A piece of a text with placeholders: what stands for itself, or what stood between braces. */
export type BracePiece = {
  readonly kind: 'text' | 'placeholder';
  readonly text: string;
  /** Index of the piece's first character, for a placeholder that of its brace. */
  readonly at: number;
};

// Alternatives in this order, so that `{{{shop}}}` reads as an escaped brace, a placeholder and an escaped brace.
const PIECES = /\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g;

const strayBrace = (brace: '{' | '}'): string =>
  brace === '{'
    ? 'this { has no }; write {{ for a brace that stands for itself'
    : 'this } has no {; write }} for a brace that stands for itself';

/** Cuts a text at its placeholders; `{{` and `}}` stand for single braces. */
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
