/** Names of projects from titles and file names. */

const LENGTH_MAX = 63;

/** Return the name of a project with this title: lower case, with dashes; "" if nothing is left. */
export function slug(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/ß/g, "ss")
    .replace(/[^\p{ASCII}]/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, LENGTH_MAX)
    .replace(/[-._]+$/, "");
}

/** Return a title for what a file holds: `support_messages.csv.gz` is "Support messages". */
export function titleOfFile(filename: string): string {
  const words = filename
    .replace(/(\.[A-Za-z][A-Za-z0-9]{0,7}){1,2}$/, "")
    .replace(/[\s._-]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
