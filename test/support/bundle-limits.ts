/** What the bundle of a function may measure at most. */
export const LIMIT_BYTES = { bundle: 300_000, zip: 100_000 } as const;
