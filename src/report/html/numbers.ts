/** Numbers and times of a report. A space that does not break stands before a unit, a true minus before what is negative. */

const space = '\u00a0'
const thin = '\u202f'

/** `5.647 %`; what is given is in percent. */
export function percent(value: number, digits = 2): string {
  return `${fixed(value, digits)}${space}%`
}

/** `5.65 %` of a fraction. */
export function fraction(value: number, digits = 2): string {
  return percent(100 * value, digits)
}

/** `+0.412 points`: a difference of percentages. */
export function points(value: number, digits = 3): string {
  return `${signed(value, digits)}${space}points`
}

/** `+1.23 bp`. */
export function basisPoints(value: number, digits = 2): string {
  return `${signed(value, digits)}${space}bp`
}

/** `+1.23`, `−0.40`; nothing stands before a zero. */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits)
  return Number(value.toFixed(digits)) > 0 ? `+${text}` : text
}

/** `1 234`; cents below a hundred where asked for. */
export function whole(value: number): string {
  const text = Math.abs(Math.round(value))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, thin)
  return `${Math.round(value) < 0 ? '−' : ''}${text}`
}

/** `$1 234`, `$12.40` below a hundred. */
export function dollars(value: number): string {
  const size = Math.abs(value)
  return `${value < 0 && Number(size.toFixed(2)) > 0 ? '−' : ''}$${size < 100 ? size.toFixed(2) : whole(size)}`
}

/** `10 000 000 USDC`; a fraction of it where it is small. */
export function amount(value: number, asset: string): string {
  return `${Math.abs(value) < 100 ? fixed(value, 2) : whole(value)}${space}${asset}`
}

/** `−1.20`: always with the digits asked for. */
export function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) > 0 ? `−${text}` : text
}

/** `2023-03-11 06:00 UTC` of Unix seconds. */
export function timeText(seconds: number): string {
  const text = new Date(seconds * 1_000).toISOString()
  const clock = text.slice(17, 19) === '00' ? text.slice(11, 16) : text.slice(11, 19)
  return `${text.slice(0, 10)} ${clock}${space}UTC`
}

/** `2023-03-11` of Unix seconds, UTC. */
export function dayText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10)
}

/** What a step is called: `hour`, `day`, else `step`. */
export function stepName(stepSeconds: number): string {
  return { 3600: 'hour', 86400: 'day' }[stepSeconds] ?? 'step'
}

/** `45 min`, `6 h`, `3 d 4 h`. */
export function hoursText(hours: number): string {
  if (hours < 1) return `${Math.round(hours * 60)}${space}min`
  const full = Math.round(hours)
  if (full < 48) return `${hours < 10 && hours !== full ? hours.toFixed(1) : full}${space}h`
  const rest = full % 24
  return `${Math.floor(full / 24)}${space}d${rest === 0 ? '' : ` ${rest}${space}h`}`
}
