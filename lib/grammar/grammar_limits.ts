/** How many rules a grammar may have. */
export const MOST_RULES = 10_000;
/** How many expressions, parts included, all of its rules may have together; letters of texts and ranges of characters count, too. */
export const MOST_NODES = 500_000;
/** How deep expressions may stand within each other. */
export const DEEPEST_NESTING = 1000;
/** How often something may be said to be repeated. */
export const MOST_REPETITIONS = 2 ** 16;
/** How many characters (UTF-16) the text of a grammar may have. */
export const LONGEST_GRAMMAR = 2 ** 22;
