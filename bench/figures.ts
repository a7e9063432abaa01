/**
 * The figures of a measurement, each with its limit, for the terminal and for the process that runs
 * all measurements.
 */

/** A value that has a limit. */
export type Measured = {
  readonly value: number;
  readonly limit: number;
  /** The unit in the plural: `requests`, `MB of heap`, `of the bare calls`. */
  readonly unit: string;
  /** Whether the value must reach the limit. Otherwise it must not exceed it. */
  readonly isMinimum?: boolean;
};

/** One result of a measurement. */
export type Figure = {
  readonly what: string;
  readonly isKept: boolean;
  /** Absent for a result without a number. */
  readonly measured?: Measured;
};

export type RecordFigure = (what: string, isKept: boolean, measured?: Measured) => void;

/**
 * Makes the function that records figures, and the function that says whether all limits were kept.
 */
export const createFigureLog = (): { readonly record: RecordFigure; readonly isAllKept: () => boolean } => {
  const kept: boolean[] = [];
  return {
    record: (what, isKept, measured) => {
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

/** Finds the middle one of several values. */
export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
