/**
 * The path of a grouping key, as the Pushgateway reads it.
 */

/** @returns `/metrics/job/…`, with each label behind it. */
export function groupingPath(job: string, grouping: Readonly<Record<string, string>>): string {
  const labels = [['job', job] as const, ...Object.entries(grouping)];
  return `/metrics${labels.map(([name, value]) => segments(name, value)).join('')}`;
}

/** Slashes, dots alone and empty values would not survive on the way: such values go as base64url. */
function segments(name: string, value: string): string {
  if (/^[\w-][\w.-]*$/.test(value)) return `/${name}/${value}`;
  // "=" is the gateway's word for the empty text.
  return `/${name}@base64/${value === '' ? '=' : Buffer.from(value).toString('base64url')}`;
}
