/**
 * Key templates: texts with columns in braces, `user:{id}`. A brace itself is written twice.
 */

/** A part of a template: a text, or the value of a column. */
export type TemplatePart = { readonly text: string } | { readonly column: string };

/** The parts of a template; undefined for a text that is none. */
export function partsOfTemplate(template: string): readonly TemplatePart[] | undefined {
  const parts: TemplatePart[] = [];
  let text = '';
  let at = 0;
  while (at < template.length) {
    const character = template[at] as string;
    if ((character === '{' || character === '}') && template[at + 1] === character) {
      text += character;
      at += 2;
    } else if (character === '}') {
      return undefined;
    } else if (character === '{') {
      const end = template.indexOf('}', at);
      const column = template.slice(at + 1, end);
      if (end < 0 || column === '' || column.includes('{')) {
        return undefined;
      }
      if (text !== '') parts.push({ text });
      text = '';
      parts.push({ column });
      at = end + 1;
    } else {
      text += character;
      at++;
    }
  }
  if (text !== '') parts.push({ text });
  return parts;
}
