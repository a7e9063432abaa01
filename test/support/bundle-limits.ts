import { deflateRawSync } from 'node:zlib';

/** The sizes of a function: of its bundle, and of the bundle compressed as far as zip can. */
export type BundleSize = { readonly bundle: number; readonly zip: number };

/** What a function may measure at most, in bytes. */
const LIMIT: BundleSize = { bundle: 450_000, zip: 140_000 };

/** Functions that miss the limit, and theirs. */
const EXCEPTIONS: Readonly<Record<string, BundleSize>> = {
  // It calls six services, since it also submits and watches jobs: two more than any other function.
  'check-arrivals': { bundle: 560_000, zip: 175_000 },
};

/** Finds the limit of a function. */
export const bundleLimit = (name: string): BundleSize => EXCEPTIONS[name] ?? LIMIT;

/** What a zip file has beside the one that is in it. */
const ZIP_FRAME_BYTES = 300;

/** Measures a bundle. */
export const bundleSize = (bundle: Uint8Array): BundleSize => ({
  bundle: bundle.length,
  zip: deflateRawSync(bundle, { level: 9 }).length + ZIP_FRAME_BYTES,
});
