/** Orders texts by their characters, the same on every machine. */
export const byText = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
