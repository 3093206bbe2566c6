const form = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * Returns Unix seconds of a day (`2023-02-20`), a time (`2023-02-20T06:00:00Z`, `2023-02-20T08:00+02:00`; UTC where it names
 * no zone; parts of a second are cut) or Unix seconds; undefined for anything else, and for days that no calendar has.
 */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  const [, day, clock = '00:00', seconds = ':00', , zone = 'Z'] = form.exec(text) ?? []
  if (day === undefined) return undefined
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // The 30th of February would be a day of March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  const milliseconds = Date.parse(`${day}T${clock}${seconds}${zone}`)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1_000
}
