/** Removes the entries of all clusters but these from a map by cluster id. */
export const retainOnly = (memory: Map<string, unknown>, clusters: readonly { readonly id: string }[]): void => {
  const ids = new Set(clusters.map(({ id }) => id));
  for (const id of memory.keys()) {
    if (!ids.has(id)) {
      memory.delete(id);
    }
  }
};
