/** Return true if the address carries an answer of a login provider. */
export function hasProviderAnswer(search: string): boolean {
  const query = new URLSearchParams(search);
  return query.has("state") && (query.has("code") || query.has("error"));
}
