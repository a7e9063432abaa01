/** Tells the instant that many milliseconds after another. */
export const later = (at: Date, byMs: number): Date => new Date(at.getTime() + byMs);

/** Tells the instant that many milliseconds before another. */
export const earlier = (at: Date, byMs: number): Date => new Date(at.getTime() - byMs);
