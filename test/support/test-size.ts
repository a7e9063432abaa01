/**
 * Chooses the size of a test: how many runs of a property, files or jobs. `npm test` takes the usual one. `npm run test:long` runs the files that
 * call this, with the long one.
 */
export const sizeOf = ({ usual, long }: { readonly usual: number; readonly long: number }): number =>
  process.env['BREAKAWAY_LONG'] === undefined ? usual : long;
