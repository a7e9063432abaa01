const MOST_LINES = 40;

/** Keeps to what a person reads: the first lines, and how many more there are. */
export const truncateList = (lines: readonly string[]): string[] =>
  lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more`] : [...lines];
