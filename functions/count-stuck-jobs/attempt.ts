/** Does a part of a tick whose failure must cost no other part. */
import type { Failure } from './tick-result.ts';

export type Attempted<Result> = { readonly result: Result | undefined; readonly failures: readonly Failure[] };

/** Returns the result, or the failure of this part. */
export const attempt = async <Result>(
  part: Omit<Failure, 'error'>,
  act: () => Promise<Result>,
): Promise<Attempted<Result>> => {
  try {
    return { result: await act(), failures: [] };
  } catch (error) {
    return { result: undefined, failures: [{ ...part, error }] };
  }
};
