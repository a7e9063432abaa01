/** What a measurement says: each figure beside its limit, to the terminal and to whoever runs all measurements. */

/** A value that has a limit. */
export type Measured = {
  readonly value: number;
  readonly limit: number;
  /** What is counted, in the plural: `requests`, `MB of heap`, `of the bare calls`. */
  readonly unit: string;
  /** Whether the value has to reach the limit, and not only to stay within it. */
  readonly isMinimum?: boolean;
};

/** One thing that was found out. */
export type Figure = {
  readonly what: string;
  readonly isKept: boolean;
  /** None where it either holds or does not. */
  readonly measured?: Measured;
};

export type Tell = (what: string, isKept: boolean, measured?: Measured) => void;

/** Makes the function by which a measurement tells its figures, and the one that says whether every limit was kept. */
export const createTell = (): { readonly tell: Tell; readonly isAllKept: () => boolean } => {
  const kept: boolean[] = [];
  return {
    tell: (what, isKept, measured) => {
      kept.push(isKept);
      console.log(`${isKept ? 'ok  ' : 'MISS'} ${what}`);
      const figure: Figure = { what, isKept, ...(measured && { measured }) };
      process.send?.(figure);
    },
    isAllKept: () => kept.every(Boolean),
  };
};

/** Tells whether a message of a process is a figure. */
export const isFigure = (message: unknown): message is Figure =>
  typeof message === 'object' && message !== null && 'what' in message && 'isKept' in message;

/** Tells a value of several: the one in the middle. */
export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
