/**
 * Returns Unix seconds of a day (`2023-02-20`), a UTC time (`2023-02-20T06:00:00Z`) or Unix seconds; undefined for anything
 * else.
 */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.0+)?)?(Z|\+00:00)?)?$/.test(text)) return undefined
  const clock = /\d{2}:\d{2}(:\d{2})?/.exec(text.slice(10))?.[0] ?? '00:00'
  const milliseconds = Date.parse(`${text.slice(0, 10)}T${clock}Z`)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1_000
}
