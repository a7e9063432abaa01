/** Patterns for names: `*` stands for any number of characters. */

/**
 * Returns whether a whole name matches a pattern.
 *
 * The time is at worst proportional to the product of the two lengths, for any name.
 */
export const fitsPattern = (name: string, pattern: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) {
    return name === first;
  }
  const end = name.length - last.length;
  if (!name.startsWith(first) || !name.endsWith(last) || end < first.length) {
    return false;
  }
  // The first match of a part leaves the most room for the parts after it.
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) {
      return false;
    }
    at = found + part.length;
  }
  return true;
};
