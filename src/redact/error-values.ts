/**
 * Values of rows in the texts of errors. Databases repeat them in a few forms:
 *
 *     PostgreSQL      Key (email, id)=(a@b.c, 7) already exists.   Failing row contains (7, a@b.c, null).
 *                     invalid input syntax for type integer: "x"   date/time field value out of range: "x"
 *                     value "9" is out of range for type smallint   malformed array literal: "x"
 *     MySQL, MariaDB  Duplicate entry 'a@b.c' for key 'users.email'
 *                     Incorrect integer value: 'x' for column 'age' at row 1
 *
 * A value may hold anything, quotation marks and parentheses included, so each form ends as late as its text allows.
 * Long texts are cut off (`errorData`), and a form may have lost its end: then all goes that follows its beginning.
 */

/** Whether values of these columns are censored. Empty: it is not known which they are. */
export type Censored = (columns: readonly string[]) => boolean;

interface Form {
  readonly form: RegExp;
  /** The columns that a match names. */
  columns(match: readonly string[]): readonly string[];
}

const listed = (names: string) => names.split(',').map((name) => name.trim().replace(/^"|"$/g, ''));

/** What PostgreSQL writes behind the values of a key. */
const tail = '\\) (?:already exists|is (?:still referenced|not present|duplicated)|conflicts with)';
const key = '(Key \\((.*?)\\)=\\()';
const ofKey = ([, , names = '']: readonly string[]) => listed(names);

/** In each, the first group comes before the values and the last one behind them; the second names columns. */
const forms: readonly Form[] = [
  { form: new RegExp(`${key}[\\s\\S]*(${tail})`), columns: ofKey },
  { form: new RegExp(`${key}(?![\\s\\S]*${tail})[\\s\\S]*(\\)\\s*)$`), columns: ofKey },
  { form: /(Failing row contains \()()(?:[\s\S]*)(\))/, columns: () => [] },
  {
    form: /((?:invalid input (?:syntax|value) for [^:]*|malformed \w+ literal|out of range): ")()(?:[\s\S]*)(")/,
    columns: () => [],
  },
  { form: /(")()(?:[\s\S]*)(" is out of range for type )/, columns: () => [] },
  // A key's name, such as PRIMARY, does not say which columns it has.
  { form: /(Duplicate entry ')()(?:[\s\S]*)(' for key )/, columns: () => [] },
  {
    form: /((?:Incorrect|Invalid|Truncated incorrect) [^']*')()(?:[\s\S]*)(' for column .*)/,
    columns: ([, , , column = '']) =>
      listed(column.replace(/^' for column [`']?|[`'].*$/g, '').replace(/[.`]/g, ',')),
  },
  {
    form: /((?:Incorrect|Truncated incorrect) [^']*')()(?![\s\S]*' for column )(?:[\s\S]*)(')/,
    columns: () => [],
  },
];

/** The same in a text whose end is cut off. */
const cutForms: readonly Form[] = [
  { form: new RegExp(`${key}(?![\\s\\S]*${tail})[\\s\\S]*(…)$`), columns: ofKey },
  {
    form: /((?:Failing row contains \(|Duplicate entry '(?![\s\S]*' for key )))()(?:[\s\S]*)(…)$/,
    columns: () => [],
  },
  {
    form: /((?:invalid input (?:syntax|value) for [^:]*|malformed \w+ literal|out of range): ")()(?:[\s\S]*)(…)$/,
    columns: () => [],
  },
  {
    form: /((?:Incorrect|Invalid|Truncated incorrect) [^']*'(?![\s\S]*' for column ))()(?:[\s\S]*)(…)$/,
    columns: () => [],
  },
];

export function withoutValues(text: string, isCensored: Censored, censor: string): string {
  const all = text.endsWith('…') ? [...cutForms, ...forms] : forms;
  return all.reduce(
    (left, { form, columns }) =>
      left.replace(form, (whole: string, ...groups: unknown[]) => {
        const [before, names, behind] = groups as [string, string, string];
        return isCensored(columns([whole, before, names, behind])) ? before + censor + behind : whole;
      }),
    text,
  );
}
