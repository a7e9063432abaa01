/** Returns the instant that is so many milliseconds later. */
export const later = (at: Date, byMs: number): Date => new Date(at.getTime() + byMs);

/** Returns the instant that is so many milliseconds earlier. */
export const earlier = (at: Date, byMs: number): Date => new Date(at.getTime() - byMs);
