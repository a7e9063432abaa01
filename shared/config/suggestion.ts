/** Counts the single-character changes between two words (Levenshtein distance). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of Array.from(one).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (character === other[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/**
 * Finds the candidate that a misspelt word was most likely meant to be.
 *
 * @returns The candidate, or `undefined` when none is close: a wild guess would mislead.
 */
export const closest = (word: string, candidates: readonly string[]): string | undefined => {
  const lower = word.toLowerCase();
  const [best] = candidates
    .map((candidate) => {
      const name = candidate.toLowerCase();
      // Of `timeout`, `timeoutSeconds` is the rest that was forgotten, however long it is.
      const isStart = lower.length >= 3 && name.startsWith(lower);
      return { candidate, changes: isStart ? 0.5 : distance(lower, name) };
    })
    .filter(({ changes }) => changes <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.changes - other.changes);

  return best?.candidate;
};

/** Words what was meant, to be put behind the misspelt word; empty where that cannot be told. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const candidate = closest(word, candidates);

  return candidate === undefined ? '' : ` (did you mean ${candidate}?)`;
};
