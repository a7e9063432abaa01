/** Suggests the word that a misspelt word was meant to be. */

/** Counts the single-character changes between two words (Levenshtein distance). */
const distance = (one: string, other: string): number => {
  let row = Array.from(other, (_, index) => index + 1);
  let changes = other.length;
  for (const [index, character] of Array.from(one).entries()) {
    let diagonal = index;
    changes = index + 1;
    const next: number[] = [];
    for (const [column, above] of row.entries()) {
      changes = Math.min(above + 1, changes + 1, diagonal + (character === other[column] ? 0 : 1));
      diagonal = above;
      next.push(changes);
    }
    row = next;
  }
  return changes;
};

/**
 * Finds the candidate that a misspelt word was probably meant to be.
 *
 * @returns The candidate, or `undefined` when none is close: a bad guess would mislead.
 */
export const closest = (word: string, candidates: readonly string[]): string | undefined => {
  const lower = word.toLowerCase();
  const [best] = candidates
    .map((candidate) => {
      const name = candidate.toLowerCase();
      // A forgotten rest counts little, however long it is: `timeout` for `timeoutSeconds`.
      const isStart = lower.length >= 3 && name.startsWith(lower);
      return { candidate, changes: isStart ? 0.5 : distance(lower, name) };
    })
    .filter(({ changes }) => changes <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.changes - other.changes);

  return best?.candidate;
};

/** Writes a suggestion to put after a misspelt word; empty when no candidate is close. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const candidate = closest(word, candidates);

  return candidate === undefined ? '' : ` (did you mean ${candidate}?)`;
};
