/** Returns a thrown error; makes an error of any other thrown value. */
export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
