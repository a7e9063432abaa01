/** What the bundle of a function may measure at most. */
export const LIMIT_BYTES = { bundle: 450_000, zip: 140_000 } as const;
