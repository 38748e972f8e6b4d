/**
 * Subjects of messages: a template with `{schema}` and `{partition}`, such as `events.{schema}.{partition}`.
 */

const placeholder = /\{(schema|partition)\}/g;

/** Whether a text is a template: tokens between dots, none empty, without wildcards and white space. */
export function isSubjectTemplate(template: string): boolean {
  const tokens = template.replace(placeholder, 'x').split('.');
  return !template.startsWith('$') && tokens.every((token) => /^[^\s*>{}\p{Cc}]+$/u.test(token));
}

export function namesPartition(template: string): boolean {
  return template.includes('{partition}');
}

/** The subject of a schema's messages in one partition. */
export function subjectOf(template: string, schema: string, partition: number): string {
  return template.replace(placeholder, (_, name) =>
    name === 'schema' ? tokenOf(schema) : String(partition),
  );
}

/** What a stream listens to that has the subjects of all schemas and partitions. */
export function subjectsOf(template: string): string {
  const tokens = template.split('.');
  return tokens.map((token) => (token.search(placeholder) < 0 ? token : '*')).join('.');
}

/** Whether a stream that listens to `filter` gets messages of a subject. */
export function isHeard(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  const rest = wanted.indexOf('>');
  if (rest < 0 ? tokens.length !== wanted.length : tokens.length <= rest) return false;
  return wanted.every((token, i) => token === '*' || (i === rest && token === '>') || token === tokens[i]);
}

/** A name as one token: what may not stand in one is written as in URLs. */
function tokenOf(name: string): string {
  return name
    .toWellFormed()
    .replace(/[\s.*>%\p{Cc}]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );
}

/** The name of the schema in a subject that a template may have made; undefined where it made none such. */
export function schemaIn(template: string, subject: string): string | undefined {
  // Parts with odd numbers are placeholders.
  const parts = template.split(placeholder).map((part, i) => (i % 2 === 0 ? escaped(part) : patterns[part]));
  const token = new RegExp(`^${parts.join('')}$`, 'u').exec(subject)?.[1];
  return token === undefined ? undefined : nameOf(token);
}

const patterns: Readonly<Record<string, string>> = { schema: '([^.]+)', partition: '[0-9]+' };

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function nameOf(token: string): string | undefined {
  try {
    return decodeURIComponent(token);
  } catch {
    return undefined;
  }
}
